import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const releasesRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.releases.path,
    component: lazyRouteComponent(() => import('./releases-screen.tsx'), 'ReleasesScreen'),
  }),
] as const;
