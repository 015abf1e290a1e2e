import { type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { IdempotencyScope } from './idempotency.ts';

export interface KeptClaim {
  readonly bodyHash: Buffer;
  /** null while the first request is being worked on. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly sealedBody: Buffer;
  readonly hasSecret: boolean;
}

/** True for the first one, and for the first one after a claim was forgotten. */
export async function insertClaim(
  db: Queryable,
  { scope, bodyHash, at, forgetBefore }: { scope: IdempotencyScope; bodyHash: Buffer; at: Date; forgetBefore: Date },
): Promise<boolean> {
  const { tenantId, subject, operation, key } = scope;
  const claimed = await db.execute(sql`
    insert into idempotency_keys as kept (tenant_id, subject, operation, key, body_hash, created_at)
    values (${tenantId}, ${subject}, ${operation}, ${key}, ${bodyHash}, ${at})
    on conflict (tenant_id, subject, operation, key) do update
      set body_hash = excluded.body_hash, created_at = excluded.created_at,
        status = null, headers = null, body = null, has_secret = false
      where kept.created_at < ${forgetBefore}`);
  return claimed === 1;
}

export async function findClaim(db: Queryable, scope: IdempotencyScope): Promise<KeptClaim | undefined> {
  const [row] = await db.query<{
    body_hash: Buffer;
    status: number | null;
    headers: Record<string, string> | null;
    body: string | null;
    has_secret: boolean;
  }>(sql`select body_hash, status, headers, body, has_secret from idempotency_keys where ${isClaim(scope)}`);
  return (
    row && {
      bodyHash: row.body_hash,
      status: row.status,
      headers: row.headers ?? {},
      sealedBody: Buffer.from(row.body ?? '', 'base64'),
      hasSecret: row.has_secret,
    }
  );
}

export async function storeAnswer(
  db: Queryable,
  scope: IdempotencyScope,
  { status, headers, sealedBody, hasSecret }: Omit<KeptClaim, 'bodyHash'>,
): Promise<void> {
  await db.execute(sql`
    update idempotency_keys
    set status = ${status}, headers = ${JSON.stringify(headers)}::jsonb, body = ${sealedBody.toString('base64')},
      has_secret = ${hasSecret}
    where ${isClaim(scope)}`);
}

export async function deleteClaim(db: Queryable, scope: IdempotencyScope): Promise<void> {
  await db.execute(sql`delete from idempotency_keys where ${isClaim(scope)}`);
}

export async function deleteClaimsBefore(db: Queryable, at: Date): Promise<number> {
  return db.execute(sql`delete from idempotency_keys where created_at < ${at}`);
}

function isClaim({ tenantId, subject, operation, key }: IdempotencyScope): Sql {
  return sql`tenant_id = ${tenantId} and subject = ${subject} and operation = ${operation} and key = ${key}`;
}
