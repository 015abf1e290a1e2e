import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError, invalidField } from '../kernel/fleet-error.ts';
import { type ClusterId, newId, type TenantId } from '../kernel/ids.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { lockTenant } from '../tenants/store.ts';
import { type Cluster, checkClusterName, homeClusterName } from './cluster.ts';
import { AUTOMATIC_POOL, AUTOMATIC_PREFIX, checkNodeLimit, checkRange, ORDINARY_POOL, RESERVE } from './ipv4-range.ts';
import { findFreeRange, insertCluster, isNameTaken, isRangeTaken } from './store.ts';

export interface CreateCluster {
  readonly name: string;
  /** Null: the lowest free /24 of 100.64.0.0/10. */
  readonly ipv4Range: string | null;
  readonly nodeLimit: number | null;
}

/**
 * Founds a cluster. @throws FleetError `invalid` (reserved name, range or limit that cannot be), `conflict` (name or
 * range taken, no free range, as many clusters as the tenant may have), `degraded`.
 */
export async function createCluster(
  ctx: Context,
  deps: { readonly db: Database },
  input: CreateCluster,
): Promise<Cluster> {
  checkClusterName(input.name);
  if (input.ipv4Range !== null) checkRange(input.ipv4Range);
  if (input.nodeLimit !== null) checkNodeLimit(input.nodeLimit, input.ipv4Range ?? `0.0.0.0/${AUTOMATIC_PREFIX}`);
  if (input.name === homeClusterName(ctx.tenantId)) throw invalidField('name', 'is reserved');
  await refuseWhenDegraded(deps.db, ctx.clock);
  return deps.db.transaction(async (tx) => {
    await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'clusters' });
    return foundCluster(tx, { ...input, tenantId: ctx.tenantId, isHome: false, at: ctx.clock.now() });
  });
}

export interface FoundCluster extends CreateCluster {
  readonly tenantId: TenantId;
  readonly isHome: boolean;
  /** May take a range of the reserve when no other is left. Default false. */
  readonly mayUseReserve?: boolean;
  readonly at: Date;
}

/**
 * Gives the cluster its range and writes it, for callers that create one inside a transaction of their own. One at a time for a
 * tenant: name and range are checked and taken behind its row.
 */
export async function foundCluster(tx: Queryable, input: FoundCluster): Promise<Cluster> {
  const { tenantId, name, nodeLimit, isHome, mayUseReserve = false, at } = input;
  await lockTenant(tx, tenantId);
  if (await isNameTaken(tx, tenantId, name)) throw new FleetError('conflict', 'name has already been taken');
  const ipv4Range = input.ipv4Range ?? (await allocateRange(tx, tenantId, mayUseReserve));
  const { kept } = mayUseReserve ? RESERVE : ORDINARY_POOL;
  if (await isRangeTaken(tx, tenantId, ipv4Range, kept)) {
    throw new FleetError('conflict', `${ipv4Range} overlaps with an existing cluster range`);
  }
  const cluster = { id: newId<ClusterId>(), tenantId, name, ipv4Range, nodeLimit, isHome };
  await insertCluster(tx, { ...cluster, at });
  return { ...cluster, createdAt: at, updatedAt: at };
}

async function allocateRange(tx: Queryable, tenantId: TenantId, mayUseReserve: boolean): Promise<string> {
  const range =
    (await findFreeRange(tx, tenantId, ORDINARY_POOL)) ??
    (mayUseReserve ? await findFreeRange(tx, tenantId, RESERVE) : undefined);
  if (range !== undefined) return range;
  throw new FleetError(
    'conflict',
    `no free /${AUTOMATIC_PREFIX} is left in ${AUTOMATIC_POOL}; name a range of your own or delete clusters that are not needed`,
  );
}
