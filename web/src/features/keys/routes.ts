import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const keysRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.keys.path,
    component: lazyRouteComponent(() => import('./keys-screen.tsx'), 'KeysScreen'),
  }),
] as const;
