import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const sessionsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.sessions.path,
    component: lazyRouteComponent(() => import('./sessions-screen.tsx'), 'SessionsScreen'),
  }),
] as const;
