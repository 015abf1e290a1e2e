import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const clusterRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.cluster.path,
  component: lazyRouteComponent(() => import('./cluster-screen.tsx'), 'ClusterScreen'),
});

export const clustersRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.clusters.path,
    component: lazyRouteComponent(() => import('./clusters-screen.tsx'), 'ClustersScreen'),
  }),
  clusterRoute,
] as const;
