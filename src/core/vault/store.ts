import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { SecretKind, TenantSecret } from './tenant-secret.ts';

interface SecretRow {
  kind: SecretKind;
  name: string;
  created_at: Date;
  updated_at: Date;
}

export async function putSecret(
  tx: Queryable,
  tenantId: TenantId,
  { kind, name, sealed }: { readonly kind: SecretKind; readonly name: string; readonly sealed: Buffer },
): Promise<TenantSecret> {
  const [row] = await tx.query<SecretRow>(sql`
    insert into tenant_secrets (tenant_id, kind, name, sealed) values (${tenantId}, ${kind}, ${name}, ${sealed})
    on conflict (tenant_id, kind, name) do update set sealed = excluded.sealed, updated_at = now()
    returning kind, name, created_at, updated_at`);
  return readSecret(row as SecretRow); // one row goes in
}

export async function hasSecret(tx: Queryable, tenantId: TenantId, kind: SecretKind, name: string): Promise<boolean> {
  const rows = await tx.query(sql`
    select from tenant_secrets where tenant_id = ${tenantId} and kind = ${kind} and name = ${name}`);
  return rows.length > 0;
}

export async function listTenantSecrets(db: Queryable, tenantId: TenantId): Promise<TenantSecret[]> {
  const rows = await db.query<SecretRow>(sql`
    select kind, name, created_at, updated_at from tenant_secrets where tenant_id = ${tenantId} order by kind, name`);
  return rows.map(readSecret);
}

export async function deleteSecret(
  tx: Queryable,
  tenantId: TenantId,
  { kind, name }: { readonly kind: SecretKind; readonly name: string },
): Promise<boolean> {
  const deleted = await tx.execute(sql`
    delete from tenant_secrets where tenant_id = ${tenantId} and kind = ${kind} and name = ${name}`);
  return deleted === 1;
}

export interface SealedSecret {
  readonly name: string;
  readonly sealed: Buffer;
}

export function findSealed(
  db: Queryable,
  tenantId: TenantId,
  kind: SecretKind,
  names: readonly string[],
): Promise<SealedSecret[]> {
  return db.query<SealedSecret>(sql`
    select name, sealed from tenant_secrets
    where tenant_id = ${tenantId} and kind = ${kind} and name = any (${names}::text[])`);
}

function readSecret(row: SecretRow): TenantSecret {
  return { kind: row.kind, name: row.name, createdAt: row.created_at, updatedAt: row.updated_at };
}
