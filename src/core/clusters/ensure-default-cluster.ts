import type { TenantId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { lockTenant } from '../tenants/store.ts';
import { checkClusterName } from './cluster.ts';
import { foundCluster } from './create-cluster.ts';
import { AUTOMATIC_PREFIX, checkNodeLimit, checkRange } from './ipv4-range.ts';
import { isNameTaken } from './store.ts';

/** From `DEFAULT_CLUSTER_NAME`, `DEFAULT_CLUSTER_SUBNET` and `DEFAULT_CLUSTER_NODE_LIMIT` (seed 001). */
export interface DefaultCluster {
  readonly name: string;
  readonly ipv4Range: string | null;
  readonly nodeLimit: number | null;
}

/**
 * Founds the configured cluster when the controller starts, once, however many controllers start; what is there already
 * is left as it is.
 *
 * @throws FleetError `invalid` (the configuration cannot be), `conflict` (its range is taken by another cluster).
 */
export async function ensureDefaultCluster(
  deps: { readonly db: Database },
  input: DefaultCluster & { readonly tenantId: TenantId; readonly at: Date },
): Promise<void> {
  checkClusterName(input.name);
  if (input.ipv4Range !== null) checkRange(input.ipv4Range);
  if (input.nodeLimit !== null) checkNodeLimit(input.nodeLimit, input.ipv4Range ?? `0.0.0.0/${AUTOMATIC_PREFIX}`);
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, input.tenantId);
    if (await isNameTaken(tx, input.tenantId, input.name)) return;
    await foundCluster(tx, { ...input, isHome: false, mayUseReserve: true });
  });
}
