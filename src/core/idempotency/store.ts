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

export interface NewClaim {
  readonly scope: IdempotencyScope;
  readonly bodyHash: Buffer;
  readonly at: Date;
  readonly forgetBefore: Date;
  /** A claim from before this that has no answer was broken off. */
  readonly brokenOffBefore: Date;
}

/** True for the first one, for the first one after a claim was forgotten, and for the repetition of one that was broken off. */
export async function insertClaim(
  db: Queryable,
  { scope, bodyHash, at, forgetBefore, brokenOffBefore }: NewClaim,
): Promise<boolean> {
  const { tenantId, subject, operation, key } = scope;
  const claimed = await db.execute(sql`
    insert into idempotency_keys as kept (tenant_id, subject, operation, key, body_hash, created_at)
    values (${tenantId}, ${subject}, ${operation}, ${key}, ${bodyHash}, ${at})
    on conflict (tenant_id, subject, operation, key) do update
      set body_hash = excluded.body_hash, created_at = excluded.created_at,
        status = null, headers = null, body = null, has_secret = false
      where kept.created_at < ${forgetBefore}
        or (kept.status is null and not kept.has_secret and kept.created_at < ${brokenOffBefore}
          and kept.body_hash = excluded.body_hash)`);
  return claimed === 1;
}

export async function renewClaim(db: Queryable, scope: IdempotencyScope, at: Date): Promise<void> {
  await db.execute(sql`
    update idempotency_keys set created_at = ${at} where ${isClaim(scope)} and status is null and not has_secret`);
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

/** The first answer stays: of two requests under one key the second was let in because the first had been broken off. */
export async function storeAnswer(
  db: Queryable,
  scope: IdempotencyScope,
  { status, headers, sealedBody, hasSecret }: Omit<KeptClaim, 'bodyHash'>,
): Promise<void> {
  await db.execute(sql`
    update idempotency_keys
    set status = ${status}, headers = ${JSON.stringify(headers)}::jsonb, body = ${sealedBody.toString('base64')},
      has_secret = ${hasSecret}
    where ${isClaim(scope)} and status is null and not has_secret`);
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
