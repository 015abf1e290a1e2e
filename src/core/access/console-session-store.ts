import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { type ConsoleSession, type ConsoleSessionId, UNUSED_MS } from './console-session.ts';

const KEPT_MS = 7 * 86_400_000;

interface SessionRow {
  id: ConsoleSessionId;
  tenant_id: TenantId;
  key_id: ConsoleSession['keyId'];
  key_kind: ConsoleSession['keyKind'];
  subject: string;
  name: string;
  scopes: string[] | null;
  is_master: boolean;
  address: string | null;
  browser: string | null;
  created_at: Date;
  used_at: Date;
  ends_at: Date;
}

export interface Opening {
  readonly linkHash: Buffer | null;
  readonly linkEndsAt: Date | null;
  readonly tokenHash: Buffer | null;
}

/** Also drops what ended long ago. */
export async function insertSession(db: Queryable, session: ConsoleSession, opening: Opening): Promise<void> {
  const { id, tenantId, keyId, keyKind, subject, name, scopes, isMaster, address, browser } = session;
  const { createdAt, usedAt, endsAt } = session;
  await db.execute(sql`
    delete from console_sessions where id in (
      select id from console_sessions where ends_at < ${new Date(createdAt.getTime() - KEPT_MS)} limit 1000)`);
  await db.execute(sql`
    insert into console_sessions (id, tenant_id, key_id, key_kind, subject, name, scopes, is_master,
      link_hash, link_ends_at, token_hash, address, browser, created_at, used_at, ends_at)
    values (${id}, ${tenantId}, ${keyId}, ${keyKind}, ${subject}, ${name}, ${scopes === null ? null : [...scopes]},
      ${isMaster}, ${opening.linkHash}, ${opening.linkEndsAt}, ${opening.tokenHash}, ${address}, ${browser},
      ${createdAt}, ${usedAt}, ${endsAt})`);
}

export interface Exchange {
  readonly linkHash: Buffer;
  readonly tokenHash: Buffer;
  readonly address: string | null;
  readonly browser: string | null;
  readonly now: Date;
  readonly endsAt: Date;
}

/** The session of a link that is good and was not used before; whoever comes second finds nothing. */
export async function exchangeLinkHash(db: Queryable, exchange: Exchange): Promise<ConsoleSession | undefined> {
  const { linkHash, tokenHash, address, browser, now, endsAt } = exchange;
  const [row] = await db.query<SessionRow>(sql`
    update console_sessions set token_hash = ${tokenHash}, address = ${address}, browser = ${browser},
      used_at = ${now}, ends_at = ${endsAt}
    where link_hash = ${linkHash} and token_hash is null and link_ends_at > ${now} and ended_at is null
    returning id, tenant_id, key_id, key_kind, subject, name, scopes, is_master, address, browser, created_at, used_at,
      ends_at`);
  return row && toSession(row);
}

/** The one query of sessions that knows no tenant yet. Undefined when it has ended, or its key opens nothing any more. */
export async function findSessionByHash(
  db: Queryable,
  tokenHash: Buffer,
  now: Date,
): Promise<ConsoleSession | undefined> {
  const [row] = await db.query<SessionRow>(sql`
    select s.id, s.tenant_id, s.key_id, s.key_kind, s.subject, s.name, s.scopes, s.is_master, s.address, s.browser,
      s.created_at, s.used_at, s.ends_at
    from console_sessions s left join api_keys k on k.id = s.key_id
    where s.token_hash = ${tokenHash} and s.ended_at is null and s.ends_at > ${now}
      and s.used_at > ${new Date(now.getTime() - UNUSED_MS)}
      and (s.key_id is null or (k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})))`);
  return row && toSession(row);
}

export async function storeSessionUse(db: Queryable, id: ConsoleSessionId, now: Date): Promise<void> {
  await db.execute(sql`
    update console_sessions set used_at = greatest(used_at, ${now}) where id = ${id} and ended_at is null`);
}

/** Those of a tenant that are open, newest first. */
export async function openSessions(db: Queryable, tenantId: TenantId, now: Date): Promise<ConsoleSession[]> {
  const rows = await db.query<SessionRow>(sql`
    select id, tenant_id, key_id, key_kind, subject, name, scopes, is_master, address, browser, created_at, used_at, ends_at
    from console_sessions
    where tenant_id = ${tenantId} and token_hash is not null and ended_at is null and ends_at > ${now}
      and used_at > ${new Date(now.getTime() - UNUSED_MS)}
    order by created_at desc, id desc limit 200`);
  return rows.map(toSession);
}

/** @returns the hash of its cookie; undefined when the tenant has no such session that is open. */
export async function endSession(
  db: Queryable,
  { tenantId, id, now }: { readonly tenantId: TenantId; readonly id: ConsoleSessionId; readonly now: Date },
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ token_hash: Buffer | null }>(sql`
    update console_sessions set ended_at = ${now} where id = ${id} and tenant_id = ${tenantId} and ended_at is null
    returning token_hash`);
  return row?.token_hash ?? undefined;
}

function toSession(row: SessionRow): ConsoleSession {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    keyId: row.key_id,
    keyKind: row.key_kind,
    subject: row.subject,
    name: row.name,
    scopes: row.scopes,
    isMaster: row.is_master,
    address: row.address,
    browser: row.browser,
    createdAt: row.created_at,
    usedAt: row.used_at,
    endsAt: row.ends_at,
  };
}
