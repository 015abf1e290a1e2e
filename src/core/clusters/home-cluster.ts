import type { ClusterId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { foundCluster } from './create-cluster.ts';
import { lockRanges } from './store.ts';

export interface HomeCluster {
  readonly id: ClusterId;
  readonly name: string;
}

/**
 * The cluster a tenant's nodes are in unless they were enrolled into another by name. Made when it is first asked for;
 * asked for at the same time, it is made once. @throws FleetError `conflict` when no range is left for it.
 */
export async function homeCluster(tx: Queryable, tenantId: TenantId, now: Date): Promise<HomeCluster> {
  const found = await readHomeCluster(tx, tenantId);
  if (found !== undefined) return found;
  await lockRanges(tx);
  const foundMeanwhile = await readHomeCluster(tx, tenantId);
  if (foundMeanwhile !== undefined) return foundMeanwhile;
  const name = homeClusterName(tenantId);
  return foundCluster(tx, { tenantId, name, ipv4Range: null, nodeLimit: null, isHome: true, at: now });
}

async function readHomeCluster(tx: Queryable, tenantId: TenantId): Promise<HomeCluster | undefined> {
  const [row] = await tx.query<HomeCluster>(sql`
    select id, name from clusters where tenant_id = ${tenantId} and is_home`);
  return row;
}

/** Unique, and no more than the 24 characters a cluster's name may have (seed 001). */
function homeClusterName(tenantId: TenantId): string {
  return `home-${tenantId.replaceAll('-', '').slice(-16)}`;
}
