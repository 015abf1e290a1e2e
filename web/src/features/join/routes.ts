import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const joinRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.join.path,
    component: lazyRouteComponent(() => import('./join-screen.tsx'), 'JoinScreen'),
  }),
] as const;
