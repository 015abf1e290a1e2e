import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { flagIn, listIn, type RawSearch, textIn, wordIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export const STATUSES = ['Connected', 'Unhealthy', 'Disconnected', 'Revoked'] as const;
export const ORDERS = ['name', 'seen', 'version', 'system'] as const;

export const COLUMN_NAMES = ['status', 'seen', 'system', 'version', 'tags', 'labels', 'since', 'id'] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];
export const USUAL_COLUMNS: readonly ColumnName[] = ['status', 'seen', 'system', 'version', 'tags'];

export const RANGES = ['1h', '24h', '7d'] as const;

export interface NodesSearch {
  /** A target, as `--on` takes it. */
  readonly on?: string | undefined;
  readonly status?: (typeof STATUSES)[number] | undefined;
  readonly sort?: (typeof ORDERS)[number] | undefined;
  readonly down?: true | undefined;
  /** Beside the name; undefined for the usual ones. */
  readonly columns?: readonly ColumnName[] | undefined;
}

export const nodesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.nodes.path,
  validateSearch: (raw: RawSearch): NodesSearch => ({
    on: textIn(raw, 'on'),
    status: wordIn(raw, 'status', STATUSES),
    sort: wordIn(raw, 'sort', ORDERS),
    down: flagIn(raw, 'down'),
    columns: listIn(raw, 'columns', COLUMN_NAMES),
  }),
  component: lazyRouteComponent(() => import('./nodes-screen.tsx'), 'NodesScreen'),
});

export const nodeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.node.path,
  validateSearch: (raw: RawSearch): { readonly range?: (typeof RANGES)[number] | undefined } => ({
    range: wordIn(raw, 'range', RANGES),
  }),
  component: lazyRouteComponent(() => import('./node-screen.tsx'), 'NodeScreen'),
});

export const nodesRoutes = [nodesRoute, nodeRoute] as const;
