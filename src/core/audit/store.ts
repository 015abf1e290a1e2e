import type { TenantId } from '../kernel/ids.ts';
import { allOf, preparedSql, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import { type ChainedEntry, type ChainHead, type ChainKind, EMPTY_CHAIN, type KnownHead } from './chain.ts';

interface AuditRow {
  id: string;
  tenant_id: TenantId;
  at: Date;
  subject: string;
  action: string;
  object: string | null;
  address: string | null;
  outcome: string;
  request_id: string | null;
  facts: Record<string, unknown>;
  chain_position: number;
  chain_kind: ChainKind;
  hash: Buffer;
}

/**
 * The ends of the chains of these tenants, which nobody else moves until the transaction ends: an advisory lock for each
 * tenant, taken in the order of their ids so that two controllers cannot wait for each other.
 */
export async function lockChainHeads(
  tx: Queryable,
  tenantIds: readonly TenantId[],
): Promise<ReadonlyMap<TenantId, ChainHead>> {
  const ordered = [...tenantIds].sort();
  for (const tenantId of ordered)
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${`audit/${tenantId}`}, 0))`);
  const heads = await tx.query<HeadRow>(preparedSql`
    select tenant.id as tenant_id, head.chain_position, head.chain_kind, head.hash
    from unnest(${ordered}::uuid[]) as tenant (id) cross join lateral (${HEAD_OF_TENANT}) as head`);
  const found = new Map(heads.map((row) => [row.tenant_id, toHead(row)]));
  return new Map(ordered.map((tenantId) => [tenantId, found.get(tenantId) ?? EMPTY_CHAIN]));
}

interface HeadRow {
  tenant_id: TenantId;
  chain_position: number;
  chain_kind: ChainKind;
  hash: Buffer;
}

const HEAD_OF_TENANT = sql`
  select chain_position, chain_kind, hash from audit where tenant_id = tenant.id order by chain_position desc limit 1`;

function toHead({ chain_position, chain_kind, hash }: HeadRow): ChainHead {
  return { chainPosition: chain_position, chainKind: chain_kind, hash };
}

/** The end of a tenant's chain, as far as it is committed. */
export async function chainHead(db: Queryable, tenantId: TenantId): Promise<ChainHead> {
  const [row] = await db.query<HeadRow>(sql`
    select tenant.id as tenant_id, head.chain_position, head.chain_kind, head.hash
    from (select ${tenantId}::uuid as id) as tenant cross join lateral (${HEAD_OF_TENANT}) as head`);
  return row === undefined ? EMPTY_CHAIN : toHead(row);
}

/** The ends of all chains that have begun. */
export async function allChainHeads(db: Queryable): Promise<ReadonlyMap<TenantId, ChainHead>> {
  const rows = await db.query<HeadRow>(sql`
    select tenant.id as tenant_id, head.chain_position, head.chain_kind, head.hash
    from tenants as tenant cross join lateral (${HEAD_OF_TENANT}) as head order by tenant.id`);
  return new Map(rows.map((row) => [row.tenant_id, toHead(row)]));
}

/** The hashes at these positions, of the rows that are there. */
export async function hashesAt(
  db: Queryable,
  heads: ReadonlyMap<TenantId, KnownHead>,
): Promise<ReadonlyMap<TenantId, Buffer>> {
  const rows = await db.query<{ tenant_id: TenantId; hash: Buffer }>(sql`
    select audit.tenant_id, audit.hash
    from unnest(${[...heads.keys()]}::uuid[], ${[...heads.values()].map((head) => head.chainPosition)}::bigint[])
      as known (tenant_id, chain_position)
    join audit using (tenant_id, chain_position)`);
  return new Map(rows.map(({ tenant_id, hash }) => [tenant_id, hash]));
}

/** Keeps these heads as told. @returns the tenants whose head was not told yet */
export async function keepCheckpoints(
  tx: Queryable,
  heads: ReadonlyMap<TenantId, KnownHead>,
  at: Date,
): Promise<ReadonlySet<TenantId>> {
  const all = [...heads.values()];
  const rows = await tx.query<{ tenant_id: TenantId }>(sql`
    insert into audit_checkpoints (tenant_id, chain_position, hash, at)
    select tenant_id, chain_position, hash, ${at}
    from unnest(${[...heads.keys()]}::uuid[], ${all.map((head) => head.chainPosition)}::bigint[],
      ${all.map((head) => head.hash)}::bytea[]) as head (tenant_id, chain_position, hash)
    on conflict (tenant_id) do update
    set chain_position = excluded.chain_position, hash = excluded.hash, at = excluded.at
    where audit_checkpoints.hash <> excluded.hash
    returning tenant_id`);
  return new Set(rows.map((row) => row.tenant_id));
}

export async function insertEntries(tx: Queryable, entries: readonly ChainedEntry[]): Promise<void> {
  const column = <T>(read: (entry: ChainedEntry) => T) => entries.map(read);
  await tx.execute(sql`
    insert into audit (id, tenant_id, at, subject, action, object, address, outcome, request_id, facts, chain_position,
      chain_kind, hash)
    select * from unnest(
      ${column((entry) => entry.id)}::uuid[], ${column((entry) => entry.tenantId)}::uuid[],
      ${column((entry) => entry.at)}::timestamptz[], ${column((entry) => entry.subject)}::text[],
      ${column((entry) => entry.action)}::text[], ${column((entry) => entry.object ?? null)}::text[],
      ${column((entry) => entry.address ?? null)}::text[], ${column((entry) => entry.outcome)}::text[],
      ${column((entry) => entry.requestId)}::text[], ${column((entry) => JSON.stringify(entry.facts))}::jsonb[],
      ${column((entry) => entry.chainPosition)}::bigint[], ${column((entry) => entry.chainKind)}::text[], ${column((entry) => entry.hash)}::bytea[])`);
}

export interface AuditFilter {
  readonly tenantId: TenantId;
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
  readonly object?: string | undefined;
}

/** Rows of a tenant, newest first, from below a position of the chain. */
export async function entriesBelow(
  db: Queryable,
  { filter, below, limit }: { filter: AuditFilter; below: number | undefined; limit: number },
): Promise<ChainedEntry[]> {
  const conditions: Sql[] = [sql`tenant_id = ${filter.tenantId}`];
  if (filter.subject !== undefined) conditions.push(sql`subject = ${filter.subject}`);
  if (filter.action !== undefined) conditions.push(sql`action = ${filter.action}`);
  if (filter.object !== undefined) conditions.push(sql`object = ${filter.object}`);
  if (below !== undefined) conditions.push(sql`chain_position < ${below}`);
  const rows = await db.query<AuditRow>(
    sql`select * from audit where ${allOf(conditions)} order by chain_position desc limit ${limit}`,
  );
  return rows.map(toEntry);
}

/** Rows of a tenant in the order of their chain, from above a position. */
export async function entriesAbove(
  db: Queryable,
  { tenantId, above, limit }: { tenantId: TenantId; above: number; limit: number },
): Promise<ChainedEntry[]> {
  const rows = await db.query<AuditRow>(sql`
    select * from audit where tenant_id = ${tenantId} and chain_position > ${above}
    order by chain_position limit ${limit}`);
  return rows.map(toEntry);
}

function toEntry(row: AuditRow): ChainedEntry {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    at: row.at,
    subject: row.subject,
    action: row.action,
    object: row.object ?? undefined,
    address: row.address ?? undefined,
    outcome: row.outcome,
    requestId: row.request_id ?? '',
    facts: row.facts,
    chainPosition: row.chain_position,
    chainKind: row.chain_kind,
    hash: row.hash,
  };
}
