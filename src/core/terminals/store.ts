import type { ControllerId, NodeId, TenantId } from '../kernel/ids.ts';
import { type CursorPage, encodeCursor, type Position } from '../kernel/page.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { liveControllers } from '../nodes/presence-sql.ts';
import type { TerminalSession, TerminalSessionId } from './terminal-session.ts';

const columns = rawSql(`id, node_id as "nodeId", node_name as "nodeName", subject, caller, address, door, program,
  wanted_user as "wantedUser", run_as as "runAs", width, height, term, controller_id as "controllerId", attachment,
  started_at as "startedAt", detached_at as "detachedAt", ended_at as "endedAt", end_reason as "endReason",
  ended_by as "endedBy", exit_code as "exitCode", is_recorded as "isRecorded",
  recorded_bytes::float8 as "recordedBytes", recording_problem as "recordingProblem"`);

export type NewTerminalSession = Pick<
  TerminalSession,
  | 'id'
  | 'nodeId'
  | 'nodeName'
  | 'subject'
  | 'caller'
  | 'address'
  | 'door'
  | 'program'
  | 'wantedUser'
  | 'width'
  | 'height'
> &
  Pick<TerminalSession, 'term' | 'controllerId' | 'startedAt' | 'isRecorded'> & { readonly tenantId: TenantId };

export async function insertTerminalSession(db: Queryable, session: NewTerminalSession): Promise<TerminalSession> {
  const { id, tenantId, nodeId, nodeName, subject, caller, address, door, program, wantedUser } = session;
  const { width, height, term, controllerId, startedAt, isRecorded } = session;
  const [row] = await db.query<TerminalSession>(sql`
    insert into terminal_sessions (id, tenant_id, node_id, node_name, subject, caller, address, door, program, wanted_user,
      width, height, term, controller_id, started_at, is_recorded)
    values (${id}, ${tenantId}, ${nodeId}, ${nodeName}, ${subject}, ${caller}, ${address}, ${door}, ${program}, ${wantedUser},
      ${width}, ${height}, ${term}, ${controllerId}, ${startedAt}, ${isRecorded})
    returning ${columns}`);
  if (row === undefined) throw new Error('a row that was inserted is there');
  return row;
}

export async function findTerminalSession(
  db: Queryable,
  { tenantId, id }: { readonly tenantId: TenantId; readonly id: TerminalSessionId },
): Promise<TerminalSession | undefined> {
  const [row] = await db.query<TerminalSession>(
    sql`select ${columns} from terminal_sessions where tenant_id = ${tenantId} and id = ${id}`,
  );
  return row;
}

export interface SessionsWanted {
  readonly tenantId: TenantId;
  /** Only those of this caller. */
  readonly subject: string | undefined;
  readonly nodeId: NodeId | undefined;
  readonly openOnly: boolean;
  readonly before: Position | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function pageOfSessions(db: Queryable, wanted: SessionsWanted): Promise<CursorPage<TerminalSession>> {
  const { tenantId, subject = null, nodeId = null, openOnly, before, limit } = wanted;
  const { value = null, id = null } = before ?? {};
  const rows = await db.query<TerminalSession & { readonly position: string }>(sql`
    select ${columns}, started_at::text as position from terminal_sessions
    where tenant_id = ${tenantId} and (${subject}::text is null or subject = ${subject})
      and (${nodeId}::uuid is null or node_id = ${nodeId}) and (not ${openOnly} or ended_at is null)
      and (${value}::timestamptz is null or (started_at, id) < (${value}::timestamptz, ${id}::uuid))
    order by started_at desc, id desc
    limit ${limit + 1}`);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? encodeCursor({ value: last.position, id: last.id }) : null };
}

interface Attachment {
  readonly id: TerminalSessionId;
  readonly attachment: number;
}

/** The next connection of a session that has not ended. Undefined where there is none, or it is another's. */
export async function attachSession(
  db: Queryable,
  { tenantId, id, subject, controllerId }: AttachedBy,
): Promise<TerminalSession | undefined> {
  const [row] = await db.query<TerminalSession>(sql`
    update terminal_sessions set attachment = attachment + 1, controller_id = ${controllerId}, detached_at = null
    where tenant_id = ${tenantId} and id = ${id} and subject = ${subject} and ended_at is null
    returning ${columns}`);
  return row;
}

export interface AttachedBy {
  readonly tenantId: TenantId;
  readonly id: TerminalSessionId;
  readonly subject: string;
  readonly controllerId: ControllerId;
}

export async function markRunAs(db: Queryable, id: TerminalSessionId, runAs: string): Promise<void> {
  await db.execute(
    sql`update terminal_sessions set run_as = ${runAs} where id = ${id} and run_as is distinct from ${runAs}`,
  );
}

export async function markDetached(db: Queryable, { id, attachment }: Attachment, at: Date): Promise<void> {
  await db.execute(sql`
    update terminal_sessions set detached_at = ${at}
    where id = ${id} and attachment = ${attachment} and ended_at is null and detached_at is null`);
}

export interface TerminalEnd {
  readonly at: Date;
  readonly reason: string;
  readonly exitCode: number | null;
}

export async function markEnded(db: Queryable, { id, attachment }: Attachment, end: TerminalEnd): Promise<void> {
  await db.execute(sql`
    update terminal_sessions set ended_at = ${end.at}, end_reason = ${end.reason}, exit_code = ${end.exitCode}
    where id = ${id} and attachment = ${attachment} and ended_at is null`);
}

/** By somebody who is not connected to it. False: it has ended already. */
export async function markEndedBy(
  db: Queryable,
  { tenantId, id, endedBy, at }: Readonly<{ tenantId: TenantId; id: TerminalSessionId; endedBy: string; at: Date }>,
): Promise<boolean> {
  const ended = await db.query(sql`
    update terminal_sessions set ended_at = ${at}, end_reason = 'ended_by_request', ended_by = ${endedBy}
    where tenant_id = ${tenantId} and id = ${id} and ended_at is null returning id`);
  return ended.length > 0;
}

/** What a recording has so far. */
export async function markRecorded(
  db: Queryable,
  id: TerminalSessionId,
  { bytes, problem }: { readonly bytes: number; readonly problem: string | null },
): Promise<void> {
  await db.execute(sql`
    update terminal_sessions set recorded_bytes = greatest(recorded_bytes, ${bytes}::bigint),
      recording_problem = coalesce(recording_problem, ${problem})
    where id = ${id}`);
}

/** What a controller had open in its former life has lost its connection. */
export async function detachAllOf(db: Queryable, controllerId: ControllerId, at: Date): Promise<void> {
  await db.execute(sql`
    update terminal_sessions set detached_at = ${at}
    where controller_id = ${controllerId} and ended_at is null and detached_at is null`);
}

/** Ends those that nobody came back to, after those of dead controllers have been found to be alone. */
export async function endForgotten(
  db: Queryable,
  { now, since }: { readonly now: Date; readonly since: Date },
): Promise<void> {
  await db.execute(sql`
    update terminal_sessions set detached_at = ${now}
    where ended_at is null and detached_at is null and controller_id <> all (${liveControllers(now)})`);
  await db.execute(sql`
    update terminal_sessions set ended_at = ${now}, end_reason = 'nobody_came_back'
    where ended_at is null and detached_at < ${since}`);
}

const BATCH = 1_000;

export async function forgetSessions(db: Queryable, before: Date): Promise<void> {
  await db.execute(sql`
    delete from terminal_sessions where id in (
      select id from terminal_sessions where ended_at < ${before} limit ${BATCH})`);
}

/** Those of `ids` that have ended, and who ended them. */
export async function findEnded(db: Queryable, ids: readonly TerminalSessionId[]): Promise<TerminalSessionId[]> {
  const rows = await db.query<{ id: TerminalSessionId }>(
    sql`select id from terminal_sessions where id = any (${ids}::uuid[]) and ended_at is not null`,
  );
  return rows.map(({ id }) => id);
}
