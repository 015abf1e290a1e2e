import { FleetError, invalidField } from '#core/kernel/fleet-error.ts';
import { type NodeId, parseId } from '#core/kernel/ids.ts';
import { presencesOf } from '#core/nodes/health.ts';
import type { ClusterCondition, Range, Selector } from '#core/selectors/selector.ts';
import { readDayOrInstant } from './read-instant.ts';
import { readPatterns } from './text-patterns.ts';
import type { ClusterFilters, NodeFilters, Targeting } from './wire.ts';

/**
 * Whom a targeting means. Everything that is given has to hold: ids or names, filters on nodes, filters on clusters. Whether nodes
 * and clusters that it names are there is not looked at.
 *
 * @throws FleetError `malformed` (a date that is none), `invalid` (ids or names missing, or none at all).
 */
export function selectorOfTargeting(targeting: Targeting): Selector {
  const { type, node_filters: nodeFilters = {}, cluster_filters: clusterFilters } = targeting;
  const filters = readNodeFilters(nodeFilters);
  const clusters = clusterFilters === undefined ? [] : [readClusterFilters(clusterFilters)];
  const nodeIds = type === 'nodes' ? readNodeIds(targeting) : undefined;
  const names = type === 'clusters' ? readClusterNames(targeting) : undefined;
  return {
    ...filters,
    ...(nodeIds && { ids: nodeIds }),
    clusters: [
      ...(filters.clusters ?? []),
      ...clusters,
      ...(names ? [{ names: names.map((exactly) => ({ exactly })) }] : []),
    ],
  };
}

function readNodeIds({ node_ids: nodeIds = [] }: Targeting): readonly NodeId[] {
  if (nodeIds.length === 0) throw invalidField('nodeIds', "is required when targeting_type is 'nodes'");
  const ids = nodeIds.map((text) => parseId<NodeId>(text));
  const unknown = nodeIds.filter((_, index) => ids[index] === undefined);
  if (unknown.length > 0) throw notFoundIn('nodeIds', unknown);
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** Each once. @throws FleetError `invalid` for none at all. */
export function readClusterNames({ cluster_names: given = [] }: Targeting): readonly string[] {
  if (given.length === 0) throw invalidField('clusterNames', "is required when targeting_type is 'clusters'");
  return [...new Set(given)];
}

export function notFoundIn(field: string, unknown: readonly string[]): FleetError {
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
