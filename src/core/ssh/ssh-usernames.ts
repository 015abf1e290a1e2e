import type { Context } from '../kernel/context.ts';
import { isUniqueViolation } from '../kernel/database-errors.ts';
import { FleetError, invalidField, notFound } from '../kernel/fleet-error.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Database } from '../kernel/sql.ts';
import { getNode } from '../nodes/get-node.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { hasFormOfPublicKey, problemOfPublicKey } from './openssh-key.ts';
import { hashPassword } from './password-hash.ts';
import type { SshAccess } from './ssh-access.ts';
import { MAX_KEY_NAME_LENGTH, type SshUsername, type SshUsernameId } from './ssh-username.ts';
import { insertKeys, insertUsername, readUsernames, removeUsername } from './store.ts';

/** Whoever holds the sessions of nodes tells them, once it is committed. */
export interface SshDeps {
  readonly db: Database;
  readonly ssh: Pick<SshAccess, 'changed'>;
}

export interface CreateSshUsername {
  readonly nodeId: NodeId;
  readonly username: string;
  readonly password: Secret | null;
  readonly publicKeys: readonly { readonly name: string; readonly publicKey: string }[];
}

/**
 * A username that may log in on the node. It is written with all its keys or not at all.
 *
 * @throws FleetError `not_found` (node), `invalid` (a key), `conflict` (name taken on this node).
 */
export async function createSshUsername(ctx: Context, deps: SshDeps, input: CreateSshUsername): Promise<SshUsername> {
  checkKeys(input.publicKeys);
  await getNode(deps.db, ctx, input.nodeId);
  const passwordHash = input.password === null ? null : await hashPassword(input.password);
  const id = newId<SshUsernameId>();
  try {
    const user = await deps.db.transaction(async (tx) => {
      await getNode(tx, ctx, input.nodeId); // it may have gone meanwhile
      await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'sshUsernames' });
      await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'sshPublicKeys', adding: input.publicKeys.length });
      await insertUsername(tx, ctx, { id, nodeId: input.nodeId, username: input.username, passwordHash });
      await insertKeys(
        tx,
        ctx,
        input.publicKeys.map((key) => ({ ...key, id: newId(), sshUsernameId: id })),
      );
      return existing(await readUsernames(tx, ctx, [id]));
    });
    deps.ssh.changed([user.nodeId]);
    return user;
  } catch (error) {
    if (isUniqueViolation(error)) throw new FleetError('conflict', 'username has already been taken', { cause: error });
    throw error;
  }
}

/** @throws FleetError `not_found`. */
export async function getSshUsername(
  ctx: Context,
  { db }: { readonly db: Database },
  id: SshUsernameId,
): Promise<SshUsername> {
  return existing(await readUsernames(db, ctx, [id]));
}

/** The keys of the username are deleted with it. @throws FleetError `not_found`. */
export async function deleteSshUsername(ctx: Context, { db, ssh }: SshDeps, id: SshUsernameId): Promise<void> {
  const nodeId = await removeUsername(db, ctx, id);
  if (nodeId === undefined) throw notFound('SSH username');
  ssh.changed([nodeId]);
}

function checkKeys(keys: CreateSshUsername['publicKeys']): void {
  const problems = keys.flatMap(({ name, publicKey }, index) => {
    const problem = problemOfName(name) ?? problemOfPublicKey(publicKey);
    return problem === undefined ? [] : [`key ${index}: ${problem}`];
  });
  const names = keys.map((key) => key.name);
  const repeated = names.filter((name, index) => names.indexOf(name) < index);
  problems.push(...repeated.map((name) => `key_name ${name} is there more than once`));
  if (problems.length === 0) return;
  throw new FleetError('invalid', problems.join('; '), { details: { publicKeys: problems } });
}

function problemOfName(name: string): string | undefined {
  return name.length >= 1 && name.length <= MAX_KEY_NAME_LENGTH
    ? undefined
    : `key_name has 1 to ${MAX_KEY_NAME_LENGTH} characters`;
}

function existing([user]: readonly SshUsername[]): SshUsername {
  if (user === undefined) throw notFound('SSH username');
  return user;
}

/** @throws FleetError `malformed` for what has not the form of a key, `invalid` for what is wrong inside. */
export function checkPublicKey(publicKey: string): void {
  const problem = problemOfPublicKey(publicKey);
  if (problem === undefined) return;
  if (hasFormOfPublicKey(publicKey)) throw invalidField('publicKey', problem);
  throw new FleetError('malformed', `publicKey: ${problem}`, { details: { publicKey: [problem] } });
}
