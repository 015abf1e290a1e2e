import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { type RawSearch, textIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export interface NodesSearch {
  /** A target, as `--on` takes it. */
  readonly on?: string | undefined;
}

export const nodesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.nodes.path,
  validateSearch: (raw: RawSearch): NodesSearch => ({ on: textIn(raw, 'on') }),
  component: lazyRouteComponent(() => import('./nodes-screen.tsx'), 'NodesScreen'),
});

export const nodesRoutes = [nodesRoute] as const;
