import type { Context } from '../kernel/context.ts';
import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import {
  type ConsoleSession,
  type ConsoleSessionId,
  LONGEST_IDLE_MS,
  type Person,
  type SessionStanding,
} from './console-session.ts';

/** Whose a session or a link is. */
export interface Holder {
  readonly tenantId: TenantId;
  readonly subject: string;
  readonly name: string;
  readonly standing: SessionStanding;
}

interface StandingRow {
  readonly keyHash: Buffer | null;
  readonly person: Person | null;
}

export function standingOf({ keyHash, person }: StandingRow): SessionStanding {
  if (keyHash !== null) return { kind: 'key', hash: keyHash };
  return { kind: 'person', person: person as Person }; // a row has one of the two, which the table checks
}

function columnsOf(standing: SessionStanding): StandingRow {
  return standing.kind === 'key'
    ? { keyHash: standing.hash, person: null }
    : { keyHash: null, person: standing.person };
}

export async function insertConsoleSession(
  db: Queryable,
  session: Holder & {
    readonly id: ConsoleSessionId;
    readonly hash: Buffer;
    readonly at: Date;
    readonly expiresAt: Date;
  },
): Promise<void> {
  const { id, tenantId, hash, subject, name, at, expiresAt } = session;
  const { keyHash, person } = columnsOf(session.standing);
  await db.execute(sql`
    insert into console_sessions (id, tenant_id, hash, key_hash, person, subject, name, created_at, last_used_at, expires_at)
    values (${id}, ${tenantId}, ${hash}, ${keyHash}, ${person && JSON.stringify(person)}::jsonb, ${subject}, ${name}, ${at},
      ${at}, ${expiresAt})`);
}

export interface OpenConsoleSession extends Omit<Holder, 'standing'> {
  readonly id: ConsoleSessionId;
  readonly keyHash: Buffer | null;
  readonly person: Person | null;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** The session with this secret, whosever it is, unless it has ended. */
export async function findConsoleSession(db: Queryable, hash: Buffer): Promise<OpenConsoleSession | undefined> {
  const [row] = await db.query<OpenConsoleSession>(sql`
    select id, tenant_id as "tenantId", key_hash as "keyHash", person, subject, name, last_used_at as "lastUsedAt",
      expires_at as "expiresAt"
    from console_sessions where hash = ${hash} and ended_at is null`);
  return row;
}

export async function noteSessionUse(
  db: Queryable,
  { id, tenantId }: Pick<OpenConsoleSession, 'id' | 'tenantId'>,
  at: Date,
): Promise<void> {
  await db.execute(sql`
    update console_sessions set last_used_at = ${at} where tenant_id = ${tenantId} and id = ${id}`);
}

/** Open ones, the newest first; of one caller, or of everybody in the tenant. */
export async function readSessions(db: Queryable, ctx: Context, subject: string | null): Promise<ConsoleSession[]> {
  const now = ctx.clock.now();
  return db.query<ConsoleSession>(sql`
    select id, subject, name, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt"
    from console_sessions
    where tenant_id = ${ctx.tenantId} and ended_at is null and expires_at > ${now}
      and last_used_at > ${new Date(now.getTime() - LONGEST_IDLE_MS)}
      and (${subject}::text is null or subject = ${subject})
    order by created_at desc limit 200`);
}

/** False when there is no such session, or none that is open. */
export async function endConsoleSession(
  db: Queryable,
  { tenantId, id, subject, at }: { tenantId: TenantId; id: ConsoleSessionId; subject: string | null; at: Date },
): Promise<boolean> {
  const count = await db.execute(sql`
    update console_sessions set ended_at = ${at}
    where tenant_id = ${tenantId} and id = ${id} and ended_at is null and (${subject}::text is null or subject = ${subject})`);
  return count === 1;
}

export async function insertLink(
  db: Queryable,
  link: Holder & { readonly hash: Buffer; readonly expiresAt: Date },
): Promise<void> {
  const { tenantId, hash, subject, name, expiresAt } = link;
  const { keyHash, person } = columnsOf(link.standing);
  await db.execute(sql`
    insert into console_links (hash, tenant_id, key_hash, person, subject, name, expires_at)
    values (${hash}, ${tenantId}, ${keyHash}, ${person && JSON.stringify(person)}::jsonb, ${subject}, ${name}, ${expiresAt})`);
}

export interface TakenLink extends Omit<OpenConsoleSession, 'id' | 'lastUsedAt'> {}

/** Takes the link away: whoever comes second finds none. */
export async function takeLink(db: Queryable, hash: Buffer): Promise<TakenLink | undefined> {
  const [row] = await db.query<TakenLink>(sql`
    delete from console_links where hash = ${hash}
    returning tenant_id as "tenantId", key_hash as "keyHash", person, subject, name, expires_at as "expiresAt"`);
  return row;
}

/** What nobody can use any more. Sessions stay a day after their end, for whoever looks who was there. */
export async function removeEnded(db: Queryable, now: Date): Promise<void> {
  const aDayAgo = new Date(now.getTime() - 86_400_000);
  await db.execute(sql`delete from console_links where expires_at < ${now}`);
  await db.execute(sql`delete from console_sessions where expires_at < ${aDayAgo} or ended_at < ${aDayAgo}`);
}
