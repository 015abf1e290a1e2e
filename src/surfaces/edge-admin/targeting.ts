import { findMissingClusters } from '#core/clusters/store.ts';
import type { StartCommand } from '#core/commands/start-command.ts';
import type { Context } from '#core/kernel/context.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import type { StartUpdate } from '#core/updates/start-update.ts';
import { notFoundIn, readClusterNames, selectorOfTargeting } from '#surfaces/targeting/read-targeting.ts';
import type { NodeFilters, Targeting } from '#surfaces/targeting/wire.ts';

/**
 * Whom a targeting means, and whether the clusters that it names are there.
 *
 * @throws FleetError as `selectorOfTargeting`; `invalid` for clusters of nobody.
 */
export async function readTargeting(
  ctx: Context,
  db: Queryable,
  targeting: Targeting,
): Promise<Pick<StartCommand, 'selector' | 'targeting' | 'isForAll' | 'clusterName'>> {
  const { type } = targeting;
  const selector = selectorOfTargeting(targeting);
  const names = type === 'clusters' ? readClusterNames(targeting) : [];
  const missing = await findMissingClusters(db, ctx, names);
  if (missing.length > 0) throw notFoundIn('clusterNames', missing);
  const clusterName = names.length === 1 ? (names[0] ?? null) : null;
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
