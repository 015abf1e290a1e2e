import type { Targeting } from '#client/edge-admin/wire.ts';
import { parseTarget, type TargetExpression, type TargetSet } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { CliError } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';

export interface TargetingOptions {
  readonly on: readonly string[];
  readonly filter?: Readonly<Record<string, string>>;
  readonly clusterFilter?: Readonly<Record<string, string>>;
}

/** How the parts of a target are found out that the surface of commands does not know itself. */
export interface TargetLookup {
  /** The bare UUID of a node by its name or id. */
  node(name: string): Promise<string>;
  /** Bare UUIDs of everyone in the target at this moment. */
  members(target: TargetExpression): Promise<readonly string[]>;
}

/** The targeting of Edge Admin for a target: everyone, clusters, or else the nodes it means now, pinned by their ids. */
export async function readTargeting(
  { on, filter, clusterFilter }: TargetingOptions,
  lookUp: TargetLookup,
): Promise<Targeting> {
  const filters = {
    ...(filter !== undefined && { node_filters: readFilters(filter) }),
    ...(clusterFilter !== undefined && { cluster_filters: readFilters(clusterFilter) }),
  };
  const target = parseTarget(on.join(' '));
  if (target.every(({ set }) => set.kind === 'all')) return { type: 'all', ...filters };
  const clusters = everyAdded(target, (set) =>
    set.kind === 'cluster' && !set.cluster.includes('*') ? set.cluster : undefined,
  );
  if (clusters !== undefined) return { type: 'clusters', cluster_names: clusters, ...filters };
  const nodes = everyAdded(target, (set) => (set.kind === 'node' ? set.node : undefined));
  const ids = await (nodes === undefined ? lookUp.members(target) : Promise.all(nodes.map(lookUp.node)));
  if (ids.length === 0) throw new CliError('no machine matches the target', { exitCode: ExitCode.unavailable });
  return { type: 'nodes', node_ids: [...ids], ...filters };
}

/** What `read` makes of every set, when all are added and it makes something of each. */
function everyAdded<Value>(target: TargetExpression, read: (set: TargetSet) => Value | undefined): Value[] | undefined {
  const values = target.flatMap(({ join, set }) => (join === 'add' ? (read(set) ?? []) : []) as Value | []);
  return values.length === target.length ? (values as Value[]) : undefined; // nothing empty is left
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
