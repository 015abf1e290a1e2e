import type { ClusterId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { lockTenant } from '../tenants/store.ts';
import { homeClusterName } from './cluster.ts';
import { foundCluster } from './create-cluster.ts';

export interface HomeCluster {
  readonly id: ClusterId;
  readonly name: string;
}

/**
 * The cluster a tenant's nodes are in unless they were enrolled into another by name. Made when it is first asked for;
 * asked for at the same time, it is made once. It counts for no quota, and where the tenant has filled its space its range
 * comes out of the reserve.
 */
export async function homeCluster(tx: Queryable, tenantId: TenantId, now: Date): Promise<HomeCluster> {
  const found = await readHomeCluster(tx, tenantId);
  if (found !== undefined) return found;
  await lockTenant(tx, tenantId);
  const foundMeanwhile = await readHomeCluster(tx, tenantId);
  if (foundMeanwhile !== undefined) return foundMeanwhile;
  const name = homeClusterName(tenantId);
  const limits = { ipv4Range: null, nodeLimit: null, mayUseReserve: true };
  return foundCluster(tx, { tenantId, name, ...limits, isHome: true, at: now });
}

async function readHomeCluster(tx: Queryable, tenantId: TenantId): Promise<HomeCluster | undefined> {
  const [row] = await tx.query<HomeCluster>(sql`
    select id, name from clusters where tenant_id = ${tenantId} and is_home`);
  return row;
}
