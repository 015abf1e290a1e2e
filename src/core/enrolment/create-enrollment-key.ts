import { findCluster } from '../clusters/store.ts';
import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import { newId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { hashCredential } from '../kernel/secret.ts';
import type { Database } from '../kernel/sql.ts';
import { checkTags } from '../nodes/tags.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import type { EnrollmentKey, EnrollmentKeyId } from './enrollment-key.ts';
import { type JoinAddresses, newKeyBlob } from './join-secret.ts';
import { insertEnrollmentKey } from './store.ts';

export interface KeyDeps {
  readonly db: Database;
  readonly sealer: Sealer;
}

export interface CreateKeyDeps extends KeyDeps {
  readonly addresses: JoinAddresses;
  readonly authorities: { readonly rootSha256: string };
}

export interface CreateEnrollmentKey {
  readonly clusterName: string;
  readonly name: string | null;
  /** For every machine that joins with it. Default none. */
  readonly tags?: readonly string[] | undefined;
  /** Null: unlimited. */
  readonly usesRemaining: number | null;
  /** Null: never; may lie in the past. */
  readonly expiresAt: Date | null;
}

/** @throws FleetError `not_found` for a cluster that is not the tenant's, `conflict` (as many keys as the tenant may have), `invalid` tags, `degraded`. */
export async function createEnrollmentKey(
  ctx: Context,
  deps: CreateKeyDeps,
  { clusterName, name, tags = [], usesRemaining, expiresAt }: CreateEnrollmentKey,
): Promise<EnrollmentKey> {
  checkTags('tags', tags);
  await refuseWhenDegraded(deps.db, ctx.clock);
  const cluster = await findCluster(deps.db, ctx, clusterName);
  if (!cluster) throw notFound('cluster');
  const now = ctx.clock.now();
  const key: EnrollmentKey = {
    id: newId<EnrollmentKeyId>(),
    tenantId: ctx.tenantId,
    clusterId: cluster.id,
    clusterName: cluster.name,
    name,
    tags,
    key: newKeyBlob(deps.addresses, deps.authorities.rootSha256),
    usesRemaining,
    expiresAt,
    lastUsedAt: null,
    createdAt: now,
    updatedAt: now,
  };
  await deps.db.transaction(async (tx) => {
    await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'enrollmentKeys' });
    await insertEnrollmentKey(tx, deps.sealer, key, hashCredential(key.key.reveal()));
  });
  return key;
}
