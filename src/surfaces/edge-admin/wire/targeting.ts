import { type Static, Type } from 'typebox';
import type { NODE_HEALTH } from '#core/nodes/health.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { nodes } from '../lists/grammars.ts';
import { dayOrInstant, filterProperties } from '../lists/list-query.ts';
import { closed, MAX_INT, oneOf, uuid } from './shapes.ts';

const filterInstant = Type.Optional(dayOrInstant({ description: 'A date stands for its first or last instant (UTC)' }));

const filterNumber = Type.Optional(Type.Integer({ minimum: -MAX_INT, maximum: MAX_INT }));

export interface NodeFilters {
  readonly id_type?: 'persistent' | 'random';
  readonly status?: (typeof NODE_HEALTH)[number];
  readonly version?: string;
  readonly cluster_name?: string;
  readonly self_update_enabled?: boolean;
  readonly last_seen_at__gte?: string;
  readonly last_seen_at__lte?: string;
  readonly inserted_at__gte?: string;
  readonly inserted_at__lte?: string;
  readonly updated_at__gte?: string;
  readonly updated_at__lte?: string;
}

/** The filters of the list of nodes. */
const NodeFilters = Type.Unsafe<NodeFilters>(Type.Object(filterProperties(nodes), closed));

const ClusterFilters = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: MAX_LENGTH.filter })),
    ipv4_range: Type.Optional(Type.String({ maxLength: MAX_LENGTH.filter })),
    has_node_limit: Type.Optional(Type.Boolean()),
    node_count: filterNumber,
    node_count__gte: filterNumber,
    node_count__lte: filterNumber,
    inserted_at__gte: filterInstant,
    inserted_at__lte: filterInstant,
    updated_at__gte: filterInstant,
    updated_at__lte: filterInstant,
  },
  closed,
);

export type ClusterFilters = Static<typeof ClusterFilters>;

/** Whom an order is for: everything that is given has to hold. */
export const Targeting = Type.Object({
  type: oneOf(['all', 'nodes', 'clusters'], 'Everybody, nodes by id, or clusters by name'),
  node_ids: Type.Optional(
    Type.Array(uuid('Node id'), { maxItems: MAX_ITEMS.targets, description: 'For the type nodes' }),
  ),
  cluster_names: Type.Optional(
    Type.Array(Type.String({ maxLength: MAX_LENGTH.name }), {
      maxItems: MAX_ITEMS.targets,
      description: 'For the type clusters',
    }),
  ),
  node_filters: Type.Optional(NodeFilters),
  cluster_filters: Type.Optional(ClusterFilters),
});

export type Targeting = Static<typeof Targeting>;
