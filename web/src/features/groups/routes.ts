import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const groupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.group.path,
  component: lazyRouteComponent(() => import('./group-screen.tsx'), 'GroupScreen'),
});

export const groupsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.groups.path,
    component: lazyRouteComponent(() => import('./groups-screen.tsx'), 'GroupsScreen'),
  }),
  groupRoute,
] as const;
