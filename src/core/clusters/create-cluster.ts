import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type ClusterId, newId, type TenantId } from '../kernel/ids.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { type Cluster, checkClusterName } from './cluster.ts';
import { AUTOMATIC_POOL, AUTOMATIC_PREFIX, checkNodeLimit, checkRange } from './ipv4-range.ts';
import { findFreeRange, insertCluster, isNameTaken, isRangeTaken, lockRanges } from './store.ts';

export interface CreateCluster {
  readonly name: string;
  /** Null: the lowest free /24 of 100.64.0.0/10. */
  readonly ipv4Range: string | null;
  readonly nodeLimit: number | null;
}

/**
 * Founds a cluster. @throws FleetError `invalid` (reserved name, range or limit that cannot be), `conflict` (name or
 * range taken, no free range), `degraded`.
 */
export async function createCluster(
  ctx: Context,
  deps: { readonly db: Database },
  input: CreateCluster,
): Promise<Cluster> {
  checkClusterName(input.name);
  if (input.ipv4Range !== null) checkRange(input.ipv4Range);
  if (input.nodeLimit !== null) checkNodeLimit(input.nodeLimit, input.ipv4Range ?? `0.0.0.0/${AUTOMATIC_PREFIX}`);
  await refuseWhenDegraded(deps.db, ctx.clock);
  return deps.db.transaction((tx) =>
    foundCluster(tx, { ...input, tenantId: ctx.tenantId, isHome: false, at: ctx.clock.now() }),
  );
}

export interface FoundCluster extends CreateCluster {
  readonly tenantId: TenantId;
  readonly isHome: boolean;
  readonly at: Date;
}

/**
 * Gives the cluster its range and writes it, for whoever founds one inside a transaction of his own. One at a time:
 * name and range are checked and taken behind one lock.
 */
export async function foundCluster(tx: Queryable, input: FoundCluster): Promise<Cluster> {
  await lockRanges(tx);
  if (await isNameTaken(tx, input.name)) throw new FleetError('conflict', 'name has already been taken');
  const ipv4Range = input.ipv4Range ?? (await allocateRange(tx));
  if (await isRangeTaken(tx, ipv4Range)) {
    throw new FleetError('conflict', `${ipv4Range} overlaps with an existing cluster range`);
  }
  const cluster = { ...input, ipv4Range, id: newId<ClusterId>() };
  await insertCluster(tx, cluster);
  const { id, tenantId, name, nodeLimit, isHome, at } = cluster;
  return { id, tenantId, name, ipv4Range, nodeLimit, isHome, insertedAt: at, updatedAt: at };
}

async function allocateRange(tx: Queryable): Promise<string> {
  const range = await findFreeRange(tx);
  if (range !== undefined) return range;
  throw new FleetError(
    'conflict',
    `no free /${AUTOMATIC_PREFIX} is left in ${AUTOMATIC_POOL}; name a range of your own or delete clusters that are not needed`,
  );
}
