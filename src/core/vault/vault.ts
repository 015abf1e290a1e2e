import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { Secret } from '../kernel/secret.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { deleteSecret, findSealed, hasSecret, listTenantSecrets, putSecret } from './store.ts';
import {
  checkSecretName,
  checkSecretValue,
  type SecretKind,
  sealContext,
  type TenantSecret,
  UnknownSecrets,
} from './tenant-secret.ts';

/** A tenant's secrets: set and replaced, listed by name, handed to runs, and never shown again. */
export interface VaultDeps {
  readonly db: Database;
  readonly sealer: Pick<Sealer, 'seal'>;
}

interface NamedSecret {
  readonly kind: SecretKind;
  readonly name: string;
}

/** Takes the place of the one before. @throws FleetError `invalid`, `conflict` (as many as the tenant may have). */
export async function setSecret(
  ctx: Context,
  { db, sealer }: VaultDeps,
  { kind, name, value }: NamedSecret & { readonly value: string },
): Promise<TenantSecret> {
  checkSecretName(kind, name);
  checkSecretValue(kind, value);
  const sealed = sealer.seal(value, sealContext(ctx.tenantId, kind, name));
  return db.transaction(async (tx) => {
    if (!(await hasSecret(tx, ctx.tenantId, kind, name)))
      await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'secrets' });
    const stored = await putSecret(tx, ctx.tenantId, { kind, name, sealed });
    await tell(tx, ctx, 'secret.set', { kind, name });
    return stored;
  });
}

export function listSecrets(ctx: Context, { db }: { readonly db: Queryable }): Promise<TenantSecret[]> {
  return listTenantSecrets(db, ctx.tenantId);
}

/** @throws FleetError `not_found` */
export async function removeSecret(
  ctx: Context,
  { db }: { readonly db: Database },
  secret: NamedSecret,
): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await deleteSecret(tx, ctx.tenantId, secret))) throw notFound('secret');
    await tell(tx, ctx, 'secret.removed', secret);
  });
}

/** @throws UnknownSecrets naming those the tenant does not have. */
export async function requireSecrets(db: Queryable, tenantId: TenantId, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const found = new Set((await findSealed(db, tenantId, 'value', names)).map(({ name }) => name));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new UnknownSecrets(missing, names.length);
}

/** What a run is handed. @throws UnknownSecrets when one has gone since; UnsealError */
export async function openSecrets(
  { db, sealer }: { readonly db: Queryable; readonly sealer: Pick<Sealer, 'open'> },
  tenantId: TenantId,
  names: readonly string[],
): Promise<Readonly<Record<string, Secret>>> {
  if (names.length === 0) return {};
  const sealed = await findSealed(db, tenantId, 'value', names);
  const missing = names.filter((name) => !sealed.some((one) => one.name === name));
  if (missing.length > 0) throw new UnknownSecrets(missing, names.length);
  return Object.fromEntries(
    sealed.map((one) => [one.name, opened(sealer, one.sealed, sealContext(tenantId, 'value', one.name))]),
  );
}

/** The key of the provider behind an agent; undefined when the tenant has set none. */
export async function openModelKey(
  { db, sealer }: { readonly db: Queryable; readonly sealer: Pick<Sealer, 'open'> },
  tenantId: TenantId,
  agent: string,
): Promise<Secret | undefined> {
  const [found] = await findSealed(db, tenantId, 'model', [agent]);
  return found && opened(sealer, found.sealed, sealContext(tenantId, 'model', agent));
}

/** Who may read repositories on a git host; undefined when the tenant has said nobody. */
export async function openGitCredentials(
  { db, sealer }: { readonly db: Queryable; readonly sealer: Pick<Sealer, 'open'> },
  tenantId: TenantId,
  host: string,
): Promise<Secret | undefined> {
  const [found] = await findSealed(db, tenantId, 'git', [host]);
  return found && opened(sealer, found.sealed, sealContext(tenantId, 'git', host));
}

function opened(sealer: Pick<Sealer, 'open'>, sealed: Buffer, context: string): Secret {
  return new Secret(sealer.open(sealed, context).toString('utf8'));
}

function tell(tx: Queryable, { tenantId }: Context, type: 'secret.set' | 'secret.removed', secret: NamedSecret) {
  const { kind, name } = secret;
  return recordEvents(tx, [{ tenantId, type, subject: `${kind}/${name}`, data: { kind, name } }]);
}
