import type { TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { claimQuota } from '../tenants/claim-quota.ts';

/**
 * Room for more nodes of the tenant, in the transaction that adds them. Whoever adds and removes nodes all the time fills
 * the revocation list, which everybody reads: with too many in it there are no more. @throws FleetError as `claimQuota`.
 */
export async function claimNodes(tx: Queryable, tenantId: TenantId, adding: number): Promise<void> {
  await claimQuota(tx, { tenantId, kind: 'nodes', adding });
  await claimQuota(tx, { tenantId, kind: 'revokedCertificates', adding });
}
