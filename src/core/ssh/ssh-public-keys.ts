import type { Context } from '../kernel/context.ts';
import { isUniqueViolation } from '../kernel/database-errors.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import { newId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import type { SshPublicKey, SshPublicKeyId, SshUsernameId } from './ssh-username.ts';
import { checkPublicKey, getSshUsername, type SshDeps } from './ssh-usernames.ts';
import { findKey, insertKeys, removeKey } from './store.ts';

export interface CreateSshPublicKey {
  readonly sshUsernameId: SshUsernameId;
  readonly name: string;
  readonly publicKey: string;
}

/** @throws FleetError `not_found` (username), `invalid` (not the key it says it is), `conflict` (name taken). */
export async function createSshPublicKey(
  ctx: Context,
  { db, ssh }: SshDeps,
  input: CreateSshPublicKey,
): Promise<SshPublicKey> {
  checkPublicKey(input.publicKey);
  const { nodeId } = await getSshUsername(ctx, { db }, input.sshUsernameId);
  const id = newId<SshPublicKeyId>();
  try {
    await db.transaction(async (tx) => {
      await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'sshPublicKeys' });
      await insertKeys(tx, ctx, [{ ...input, id }]);
    });
    ssh.changed([nodeId]);
  } catch (error) {
    if (isUniqueViolation(error)) throw new FleetError('conflict', 'key_name has already been taken', { cause: error });
    throw error;
  }
  return getSshPublicKey(ctx, { db }, id);
}

/** @throws FleetError `not_found`. */
export async function getSshPublicKey(
  ctx: Context,
  { db }: { readonly db: Database },
  id: SshPublicKeyId,
): Promise<SshPublicKey> {
  const key = await findKey(db, ctx, id);
  if (key === undefined) throw notFound('SSH public key');
  return key;
}

/** @throws FleetError `not_found`. */
export async function deleteSshPublicKey(ctx: Context, { db, ssh }: SshDeps, id: SshPublicKeyId): Promise<void> {
  const nodeId = await removeKey(db, ctx, id);
  if (nodeId === undefined) throw notFound('SSH public key');
  ssh.changed([nodeId]);
}
