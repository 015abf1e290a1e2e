import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const controllersRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.controllers.path,
    component: lazyRouteComponent(() => import('./controllers-screen.tsx'), 'ControllersScreen'),
  }),
] as const;
