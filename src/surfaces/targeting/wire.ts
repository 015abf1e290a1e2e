/** The targeting of the contract of Edge Admin, which previews take as well. */
import { type Static, type TSchemaOptions, Type } from 'typebox';
import { NODE_HEALTH } from '#core/nodes/health.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';

const MAX_INT = 2_147_483_647;
const closed = { additionalProperties: false } as const;

export function dayOrInstant(options: TSchemaOptions) {
  const maxLength = MAX_LENGTH.instant;
  return Type.Union(
    [Type.String({ format: 'date-time', maxLength }), Type.String({ format: 'date', maxLength })],
    options,
  );
}

const filterInstant = Type.Optional(dayOrInstant({ description: 'A date stands for its first or last instant (UTC)' }));

const filterNumber = Type.Optional(Type.Integer({ minimum: -MAX_INT, maximum: MAX_INT }));

const oneOf = <const Words extends readonly string[]>(words: Words, description: string) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], description });

const filterText = (name: string) =>
  Type.Optional(
    Type.String({
      maxLength: MAX_LENGTH.filter,
      description: `Filter by ${name}: exact, with * as a wildcard, or several with commas`,
    }),
  );

const nodeInstant = (name: string) =>
  Type.Optional(
    dayOrInstant({
      description: `Filter by ${name}; a date stands for its first instant as a lower bound, for its last as an upper one (UTC)`,
    }),
  );

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

/** The filters of Edge Admin's list of nodes; a test compares them. */
const NodeFilters = Type.Unsafe<NodeFilters>(
  Type.Object(
    {
      id_type: Type.Optional(oneOf(['persistent', 'random'], 'Filter by id_type')),
      status: Type.Optional(oneOf(NODE_HEALTH, 'Filter by status')),
      version: filterText('version'),
      self_update_enabled: Type.Optional(Type.Boolean({ description: 'Filter by self_update_enabled' })),
      cluster_name: filterText('cluster_name'),
      last_seen_at__gte: nodeInstant('last_seen_at'),
      last_seen_at__lte: nodeInstant('last_seen_at'),
      inserted_at__gte: nodeInstant('inserted_at'),
      inserted_at__lte: nodeInstant('inserted_at'),
      updated_at__gte: nodeInstant('updated_at'),
      updated_at__lte: nodeInstant('updated_at'),
    },
    closed,
  ),
);

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
    Type.Array(Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description: 'Node id' }), {
      maxItems: MAX_ITEMS.targets,
      description: 'For the type nodes',
    }),
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
