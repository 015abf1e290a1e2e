import type { Targeting } from '#client/edge-admin/wire.ts';
import { usageError } from '../../cli-error.ts';

export interface TargetingOptions {
  readonly on: readonly string[];
  readonly filter?: Readonly<Record<string, string>>;
  readonly clusterFilter?: Readonly<Record<string, string>>;
}

const FORMS = 'Write --on all, --on @node, or --on cluster:name; the last two may be repeated.';

/** The targeting of Edge Admin for `all`, `@node …` or `cluster:name …`. One kind at a time, as the contract has it. */
export async function readTargeting(
  { on, filter, clusterFilter }: TargetingOptions,
  resolveNode: (name: string) => Promise<string>,
): Promise<Targeting> {
  const filters = {
    ...(filter !== undefined && { node_filters: readFilters(filter) }),
    ...(clusterFilter !== undefined && { cluster_filters: readFilters(clusterFilter) }),
  };
  const kinds = new Set(on.map(kindOf));
  if (kinds.size > 1) throw usageError(`--on mixes ${[...kinds].join(' and ')}`, FORMS);
  switch ([...kinds][0]) {
    case 'all':
      return { type: 'all', ...filters };
    case 'clusters':
      return { type: 'clusters', cluster_names: on.map((one) => one.slice('cluster:'.length)), ...filters };
    default:
      return { type: 'nodes', node_ids: await Promise.all(on.map(resolveNode)), ...filters };
  }
}

function kindOf(on: string): Targeting['type'] {
  if (on === 'all') return 'all';
  if (on.startsWith('@')) return 'nodes';
  if (on.startsWith('cluster:')) return 'clusters';
  throw usageError(`I cannot read --on ${on}`, FORMS);
}

/** The contract wants its booleans and counts as such. Which fields there are is the controller's to say. */
function readFilters<Filters extends object>(given: Readonly<Record<string, string>>): Filters {
  const entries = Object.entries(given).map(([field, text]) => {
    if (text === 'true' || text === 'false') return [field, text === 'true'];
    return [field, field.startsWith('node_count') ? Number(text) : text];
  });
  return Object.fromEntries(entries) as Filters; // an unknown field or value is refused by the controller, by its name
}

/** A targeting of the wire, for people. */
export function printTargeting(targeting: Targeting): string {
  const { type, node_ids = [], cluster_names = [], node_filters = {}, cluster_filters = {} } = targeting;
  const who = {
    all: ['all'],
    nodes: node_ids.map((id) => `@${id}`),
    clusters: cluster_names.map((name) => `cluster:${name}`),
  };
  const filters = [...Object.entries(node_filters), ...Object.entries(cluster_filters)].map(
    ([field, value]) => `${field}=${value}`,
  );
  return [...who[type], ...filters].join(' ');
}
