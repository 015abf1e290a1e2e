import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const outpostsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.outposts.path,
    component: lazyRouteComponent(() => import('./outposts-screen.tsx'), 'OutpostsScreen'),
  }),
] as const;
