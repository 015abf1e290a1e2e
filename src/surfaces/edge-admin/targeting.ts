import { findMissingClusters } from '#core/clusters/store.ts';
import type { StartCommand } from '#core/commands/start-command.ts';
import type { Context } from '#core/kernel/context.ts';
import { FleetError, invalidField } from '#core/kernel/fleet-error.ts';
import { type NodeId, parseId } from '#core/kernel/ids.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { presencesOf } from '#core/nodes/health.ts';
import type { ClusterCondition, Range, Selector } from '#core/selectors/selector.ts';
import type { StartUpdate } from '#core/updates/start-update.ts';
import { readDayOrInstant } from './lists/read-instant.ts';
import { readPatterns } from './lists/text-patterns.ts';
import type { ClusterFilters, NodeFilters, Targeting } from './wire/targeting.ts';

/**
 * Whom a targeting means. Everything that is given has to hold: ids or names, filters on nodes, filters on clusters.
 *
 * @throws FleetError `malformed` (a date that is none), `invalid` (ids or names missing, or of nobody).
 */
export async function readTargeting(
  ctx: Context,
  db: Queryable,
  targeting: Targeting,
): Promise<Pick<StartCommand, 'selector' | 'targeting' | 'isForAll' | 'clusterName'>> {
  const { type, node_filters: nodeFilters = {}, cluster_filters: clusterFilters } = targeting;
  const filters = readNodeFilters(nodeFilters);
  const clusters = clusterFilters === undefined ? [] : [readClusterFilters(clusterFilters)];
  const nodeIds = type === 'nodes' ? readNodeIds(targeting) : undefined;
  const names = type === 'clusters' ? await readClusterNames(ctx, db, targeting) : undefined;
  const selector: Selector = {
    ...filters,
    ...(nodeIds && { ids: nodeIds }),
    clusters: [
      ...(filters.clusters ?? []),
      ...clusters,
      ...(names ? [{ names: names.map((exactly) => ({ exactly })) }] : []),
    ],
  };
  const clusterName = names?.length === 1 ? (names[0] ?? null) : null;
  return { selector, targeting, isForAll: type === 'all', clusterName };
}

/**
 * Whom a self-update request means: of the targeting, the healthy nodes that let themselves be updated. Filters that ask
 * for others are kept as they are written, and then nobody is meant.
 */
export async function readUpdateTargeting(
  ctx: Context,
  db: Queryable,
  given: Targeting,
): Promise<Pick<StartUpdate, 'selector' | 'targeting'>> {
  const node_filters: NodeFilters = { status: 'healthy', self_update_enabled: true, ...given.node_filters };
  const { selector, targeting } = await readTargeting(ctx, db, { ...given, node_filters });
  const isForNobody = node_filters.status !== 'healthy' || !node_filters.self_update_enabled;
  return { selector: isForNobody ? { ...selector, presence: [] } : selector, targeting };
}

function readNodeIds({ node_ids: nodeIds = [] }: Targeting): readonly NodeId[] {
  if (nodeIds.length === 0) throw invalidField('nodeIds', "is required when targeting_type is 'nodes'");
  const ids = nodeIds.map((text) => parseId<NodeId>(text));
  const unknown = nodeIds.filter((_, index) => ids[index] === undefined);
  if (unknown.length > 0) throw notFoundIn('nodeIds', unknown);
  return [...new Set(ids.filter((id) => id !== undefined))];
}

async function readClusterNames(
  ctx: Context,
  db: Queryable,
  { cluster_names: given = [] }: Targeting,
): Promise<readonly string[]> {
  if (given.length === 0) throw invalidField('clusterNames', "is required when targeting_type is 'clusters'");
  const names = [...new Set(given)];
  const missing = await findMissingClusters(db, ctx, names);
  if (missing.length > 0) throw notFoundIn('clusterNames', missing);
  return names;
}

function notFoundIn(field: string, unknown: readonly string[]): FleetError {
  return new FleetError('invalid', `not found: ${unknown.join(', ')}`, {
    details: { [field]: unknown.map((one) => `not found: ${one}`) },
  });
}

// ---- filters ----------------------------------------------------------------------------------------------------

const NODE_FILTERS = 'targeting/node_filters';
const CLUSTER_FILTERS = 'targeting/cluster_filters';

function readNodeFilters(filters: NodeFilters): Selector {
  const {
    id_type: idType,
    status,
    version,
    cluster_name: clusterName,
    self_update_enabled: isSelfUpdateEnabled,
  } = filters;
  const instants = (field: 'last_seen_at' | 'inserted_at' | 'updated_at') => readInstants(filters, field, NODE_FILTERS);
  return {
    ...(idType !== undefined && { idTypes: [idType] }),
    ...(status !== undefined && { presence: presencesOf(status) }),
    ...(version !== undefined && { versions: readPatterns(version) }),
    ...(isSelfUpdateEnabled !== undefined && { isSelfUpdateEnabled }),
    ...(clusterName !== undefined && { clusters: [{ names: readPatterns(clusterName) }] }),
    ...given('lastSeenAt', instants('last_seen_at')),
    ...given('enrolledAt', instants('inserted_at')),
    ...given('updatedAt', instants('updated_at')),
  };
}

function readClusterFilters(filters: ClusterFilters): ClusterCondition {
  const { name, ipv4_range: range, has_node_limit: hasNodeLimit, node_count: count } = filters;
  const instants = (field: 'inserted_at' | 'updated_at') => readInstants(filters, field, CLUSTER_FILTERS);
  const least = Math.max(count ?? Number.NEGATIVE_INFINITY, filters.node_count__gte ?? Number.NEGATIVE_INFINITY);
  const most = Math.min(count ?? Number.POSITIVE_INFINITY, filters.node_count__lte ?? Number.POSITIVE_INFINITY);
  const nodeCount = {
    ...(Number.isFinite(least) && { atLeast: least }),
    ...(Number.isFinite(most) && { atMost: most }),
  };
  return {
    ...(name !== undefined && { names: readPatterns(name) }),
    ...(range !== undefined && { ipv4Ranges: readPatterns(range) }),
    ...(hasNodeLimit !== undefined && { hasNodeLimit }),
    ...given('nodeCount', nodeCount),
    ...given('createdAt', instants('inserted_at')),
    ...given('updatedAt', instants('updated_at')),
  };
}

type Bounds<Field extends string> = Readonly<Partial<Record<`${Field}__gte` | `${Field}__lte`, string>>>;

function readInstants<Field extends string>(filters: Bounds<Field>, field: Field, path: string): Range<Date> {
  const atLeast = filters[`${field}__gte`];
  const atMost = filters[`${field}__lte`];
  return {
    ...(atLeast !== undefined && { atLeast: readEdge(atLeast, 'first', `${path}/${field}__gte`) }),
    ...(atMost !== undefined && { atMost: readEdge(atMost, 'last', `${path}/${field}__lte`) }),
  };
}

function readEdge(text: string, edge: 'first' | 'last', field: string): Date {
  const instant = readDayOrInstant(text, edge);
  if (instant !== undefined) return new Date(instant);
  throw new FleetError('malformed', 'Invalid request parameters', {
    details: { [field]: ['Failed to cast value using any of: date-time, date'] },
  });
}

/** A field of a selector is there only when it says something: an open range would still refuse what is unknown. */
function given<Name extends string, Value extends object>(name: Name, value: Value): Partial<Record<Name, Value>> {
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as Record<Name, Value>);
}
