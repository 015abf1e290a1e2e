import type { KeyId, TenantId } from '../kernel/ids.ts';
import { type CursorPage, encodeCursor, type Position } from '../kernel/page.ts';
import { emptySql, type Queryable, sql } from '../kernel/sql.ts';
import type { ApprovalPolicy, TokenBudget } from '../kernel/token-policy.ts';
import type { Key, KeyKind } from './key.ts';

interface KeyRow {
  id: KeyId;
  tenant_id: TenantId | null;
  kind: KeyKind;
  name: string;
  hint: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  person: string | null;
  approval_policy: ApprovalPolicy | null;
  budget: TokenBudget | null;
}

/** Returns false when this very key is there already. */
export async function insertKey(db: Queryable, key: Key, hash: Buffer): Promise<boolean> {
  const { id, tenantId, kind, name, hint, scopes, createdAt, expiresAt, person, approval, budget } = key;
  const inserted = await db.execute(sql`
    insert into api_keys (id, tenant_id, kind, name, hash, hint, scopes, created_at, expires_at, person, approval_policy, budget)
    values (${id}, ${tenantId}, ${kind}, ${name}, ${hash}, ${hint}, ${[...scopes]}, ${createdAt}, ${expiresAt},
      ${person}, ${approval && JSON.stringify(approval)}::jsonb, ${budget && JSON.stringify(budget)}::jsonb)
    on conflict (hash) do nothing`);
  return inserted === 1;
}

/** Whoever presents this hash, revoked and expired ones too. The one query of keys that knows no tenant yet. */
export async function findKeyByHash(db: Queryable, hash: Buffer): Promise<Key | undefined> {
  const [row] = await db.query<KeyRow>(sql`
    select id, tenant_id, kind, name, hint, scopes, created_at, expires_at, revoked_at, last_used_at, person, approval_policy, budget
    from api_keys where hash = ${hash}`);
  return row && toKey(row);
}

/** Revokes a key of the tenant and gives it back with its hash; undefined when the tenant has no such key. */
export async function markKeyRevoked(
  db: Queryable,
  { tenantId, id, at }: { tenantId: TenantId; id: KeyId; at: Date },
): Promise<{ key: Key; hash: Buffer } | undefined> {
  const [row] = await db.query<KeyRow & { hash: Buffer }>(sql`
    update api_keys set revoked_at = coalesce(revoked_at, ${at}) where id = ${id} and tenant_id = ${tenantId}
    returning id, tenant_id, kind, name, hint, scopes, created_at, expires_at, revoked_at, last_used_at, person, approval_policy, budget, hash`);
  return row && { key: toKey(row), hash: row.hash };
}

/** Keys of a tenant, oldest first. */
export async function pageOfKeys(
  db: Queryable,
  { tenantId, after, limit }: { tenantId: TenantId; after: Position | undefined; limit: number },
): Promise<CursorPage<Key>> {
  const rows = await db.query<KeyRow & { position: string }>(sql`
    select id, tenant_id, kind, name, hint, scopes, created_at, expires_at, revoked_at, last_used_at, person, approval_policy, budget,
      created_at::text as position
    from api_keys
    where tenant_id = ${tenantId}
      ${after ? sql`and (created_at, id) > (${after.value}::timestamptz, ${after.id}::uuid)` : emptySql}
    order by created_at, id limit ${limit + 1}`);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: page.map(toKey), nextCursor: hasMore ? encodeCursor({ value: last.position, id: last.id }) : null };
}

/** One statement for all keys used since the last time; never moves a time backwards. */
export async function storeKeyUses(db: Queryable, uses: ReadonlyMap<KeyId, Date>): Promise<void> {
  await db.execute(sql`
    update api_keys set last_used_at = greatest(last_used_at, used.at)
    from unnest(${[...uses.keys()]}::uuid[], ${[...uses.values()]}::timestamptz[]) as used (id, at)
    where api_keys.id = used.id`);
}

function toKey(row: KeyRow): Key {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    kind: row.kind,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    person: row.person,
    approval: row.approval_policy,
    budget: row.budget,
  };
}
