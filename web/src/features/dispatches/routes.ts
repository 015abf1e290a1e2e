import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { type RawSearch, textIn, wordIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

const STATUSES = [
  'pending',
  'provisioning',
  'running',
  'completing',
  'success',
  'failed',
  'cancelled',
  'timeout',
] as const;

export const dispatchesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.dispatches.path,
  validateSearch: (raw: RawSearch) => ({
    status: wordIn(raw, 'status', STATUSES),
    agent: textIn(raw, 'agent'),
    repo: textIn(raw, 'repo'),
    view: wordIn(raw, 'view', ['board']),
  }),
  component: lazyRouteComponent(() => import('./dispatches-screen.tsx'), 'DispatchesScreen'),
});

export const dispatchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.dispatch.path,
  component: lazyRouteComponent(() => import('./dispatch-screen.tsx'), 'DispatchScreen'),
});

export const dispatchesRoutes = [dispatchesRoute, dispatchRoute] as const;
