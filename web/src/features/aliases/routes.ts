import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { SCREENS } from '../../screens.ts';

export const aliasesRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.aliases.path,
    component: lazyRouteComponent(() => import('./aliases-screen.tsx'), 'AliasesScreen'),
  }),
] as const;
