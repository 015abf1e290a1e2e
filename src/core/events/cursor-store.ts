/**
 * Cursors over the outbox. Events are read in the order of (transaction, position), and only those of transactions below the
 * horizon: the oldest that still runs. Nothing can come before them any more, whatever order transactions commit in. So one
 * transaction that stays open anywhere in the cluster holds delivery back; the server ends those of ours after seconds.
 */
import type { ControllerId, TenantId } from '../kernel/ids.ts';
import { constantSql, type Queryable, sql } from '../kernel/sql.ts';
import { type ClaimedCursor, type CursorId, type CursorKind, CursorLost } from './cursor.ts';
import type { OutboxEvent, OutboxPlace } from './outbox.ts';

const horizon = constantSql('pg_snapshot_xmin(pg_current_snapshot())');

/** Whether there is an event for the cursor that was not read yet. */
const hasNews = constantSql(`case
  when event_cursors.tenant_id is null then exists (
    select from events where (events.txid, events.position) > (event_cursors.txid, event_cursors.position)
      and events.txid < pg_snapshot_xmin(pg_current_snapshot())
      and (event_cursors.types is null or events.type = any (event_cursors.types)))
  else exists (
    select from events where events.tenant_id = event_cursors.tenant_id
      and (events.txid, events.position) > (event_cursors.txid, event_cursors.position)
      and events.txid < pg_snapshot_xmin(pg_current_snapshot())
      and (event_cursors.types is null or events.type = any (event_cursors.types))) end`);

const isFree = constantSql(`(event_cursors.lease_until is null or event_cursors.lease_until < clock_timestamp())`);

export interface NewCursor {
  readonly id: CursorId;
  readonly kind: CursorKind;
  readonly tenantId: string | null;
  readonly types: readonly string[] | null;
}

/**
 * It begins at the horizon: all that is committed from now on, and what was committed just before while an older transaction
 * was still open. One that is there already stays as it is.
 */
export async function insertCursor(tx: Queryable, { id, kind, tenantId, types }: NewCursor): Promise<void> {
  await tx.execute(sql`
    insert into event_cursors (id, kind, tenant_id, types, txid, position)
    values (${id}, ${kind}, ${tenantId}, ${types}, ${horizon}, 0) on conflict (id) do nothing`);
}

export async function removeCursor(tx: Queryable, id: CursorId): Promise<void> {
  await tx.execute(sql`delete from event_cursors where id = ${id}`);
}

interface Lease {
  readonly controllerId: ControllerId;
  readonly leaseMs: number;
}

/** Claims cursors with something to do that nobody holds, those that have waited longest first. */
export async function claimCursors(
  db: Queryable,
  { controllerId, leaseMs, kind, room }: Lease & { readonly kind: CursorKind; readonly room: number },
): Promise<ClaimedCursor[]> {
  return db.query<ClaimedCursor>(sql`
    with due as (
      select event_cursors.id from event_cursors
      where event_cursors.kind = ${kind} and not event_cursors.is_paused and event_cursors.due_at <= clock_timestamp()
        and ${isFree}
        and (exists (select from parked_events where parked_events.cursor_id = event_cursors.id
            and parked_events.next_at <= clock_timestamp()) or ${hasNews})
      order by event_cursors.due_at limit ${room} for update skip locked
    )
    update event_cursors set epoch = epoch + 1, controller_id = ${controllerId},
      lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000})
    from due where event_cursors.id = due.id
    returning event_cursors.id, kind, tenant_id as "tenantId", types, txid::text as txid, position, epoch,
      failures, failing_since as "failingSince"`);
}

/** The ids of those that are still held. Cursors are locked in one order by whoever writes several. */
export async function renewCursors(
  db: Queryable,
  held: readonly Pick<ClaimedCursor, 'id' | 'epoch'>[],
  leaseMs: number,
): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(sql`
    with mine as (
      select event_cursors.id from event_cursors
      join unnest(${held.map(({ id }) => id)}::uuid[], ${held.map(({ epoch }) => epoch)}::bigint[]) as held (id, epoch)
        on event_cursors.id = held.id and event_cursors.epoch = held.epoch
      where event_cursors.lease_until > clock_timestamp() and not event_cursors.is_paused
      order by event_cursors.id for update of event_cursors
    )
    update event_cursors set lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000})
    from mine where event_cursors.id = mine.id
    returning event_cursors.id`);
  return new Set(rows.map(({ id }) => id));
}

const eventColumns = constantSql(`
  events.id, events.tenant_id as "tenantId", events.type, events.subject, events.data, events.created_at as "createdAt",
  events.sequence, coalesce(events.txid, '0')::text as txid, coalesce(events.position, 0) as position`);

export interface EventBatch {
  readonly events: readonly OutboxEvent[];
  /** Where the cursor is when all of them are done. */
  readonly end: OutboxPlace;
  /** There may be more behind it. */
  readonly isFull: boolean;
}

export interface Reader extends OutboxPlace {
  readonly tenantId: string | null;
  readonly types: readonly string[] | null;
}

interface EventRow extends OutboxEvent {
  readonly horizon: string;
}

/** What follows the place, in order; at most `limit`. One statement: the horizon that bounds it is that of its own snapshot. */
export async function readEventsAfter(db: Queryable, reader: Reader, limit: number): Promise<EventBatch> {
  const { tenantId, types, txid, position } = reader;
  const rows =
    tenantId === null
      ? await db.query<EventRow>(sql`
          with until as materialized (select ${horizon} as horizon)
          select until.horizon::text as horizon, found.* from until left join lateral (
            select ${eventColumns} from events
            where (events.txid, events.position) > (${txid}::xid8, ${position}::bigint) and events.txid < until.horizon
              and (${types}::text[] is null or type = any (${types}::text[]))
            order by events.txid, events.position limit ${limit}) as found on true`)
      : await db.query<EventRow>(sql`
          with until as materialized (select ${horizon} as horizon)
          select until.horizon::text as horizon, found.* from until left join lateral (
            select ${eventColumns} from events
            where events.tenant_id = ${tenantId} and (events.txid, events.position) > (${txid}::xid8, ${position}::bigint)
              and events.txid < until.horizon and (${types}::text[] is null or type = any (${types}::text[]))
            order by events.txid, events.position limit ${limit}) as found on true`);
  const events = rows.flatMap(({ horizon: _, ...event }) => (event.id === null ? [] : [event]));
  const isFull = events.length === limit;
  const last = events.at(-1);
  const end = isFull && last !== undefined ? last : { txid: rows[0]?.horizon ?? txid, position: 0 };
  return { events, isFull, end: { txid: end.txid, position: end.position } };
}

/** The newest of the tenant, the newest first; at most `limit`. */
export function readNewestEvents(
  db: Queryable,
  { tenantId, types }: { readonly tenantId: TenantId; readonly types: readonly string[] | null },
  limit: number,
): Promise<OutboxEvent[]> {
  return db.query<OutboxEvent>(sql`
    select ${eventColumns} from events
    where events.tenant_id = ${tenantId} and events.txid < (select ${horizon})
      and (${types}::text[] is null or type = any (${types}::text[]))
    order by events.txid desc, events.position desc limit ${limit}`);
}

export async function findEvents(db: Queryable, ids: readonly string[]): Promise<OutboxEvent[]> {
  if (ids.length === 0) return [];
  return db.query<OutboxEvent>(sql`select ${eventColumns} from events where id = any (${ids}::uuid[])`);
}

export interface CursorProgress {
  readonly place: OutboxPlace;
  readonly failures: number;
  readonly failingSince: Date | null;
  /** Nothing is read or sent before this; null: at any time. */
  readonly restsUntil: Date | null;
  /** Lets it go. */
  readonly isOver: boolean;
}

export interface CursorStep {
  readonly cursor: Pick<ClaimedCursor, 'id' | 'epoch'>;
  readonly progress: CursorProgress;
}

/** For each, in order: whether it was written. It was not where somebody else has the cursor by now. */
export async function writeSteps(tx: Queryable, steps: readonly CursorStep[]): Promise<boolean[]> {
  const cursors = steps.map(({ cursor }) => cursor);
  const all = steps.map(({ progress }) => progress);
  const [ids, epochs] = [cursors.map(({ id }) => id), cursors.map(({ epoch }) => epoch)];
  const rows = await tx.query<{ id: string; epoch: number }>(sql`
    with done as (
      select * from unnest(${ids}::uuid[], ${epochs}::bigint[], ${all.map(({ place }) => place.txid)}::text[],
        ${all.map(({ place }) => place.position)}::bigint[], ${all.map(({ failures }) => failures)}::int[],
        ${all.map(({ failingSince }) => failingSince)}::timestamptz[],
        ${all.map(({ restsUntil }) => restsUntil)}::timestamptz[], ${all.map(({ isOver }) => isOver)}::boolean[])
        as done (id, epoch, txid, position, failures, failing_since, rests_until, is_over)
    ), mine as (
      select event_cursors.id from event_cursors
      join done on done.id = event_cursors.id and done.epoch = event_cursors.epoch
      order by event_cursors.id for update of event_cursors
    )
    update event_cursors set txid = done.txid::xid8, position = done.position, failures = done.failures,
      failing_since = done.failing_since, due_at = coalesce(done.rests_until, clock_timestamp()),
      lease_until = case when done.is_over then null else event_cursors.lease_until end
    from done join mine on mine.id = done.id
    where event_cursors.id = done.id and event_cursors.epoch = done.epoch
    returning event_cursors.id, event_cursors.epoch`);
  const written = new Set(rows.map(({ id, epoch }) => `${id}/${epoch}`));
  return cursors.map(({ id, epoch }) => written.has(`${id}/${epoch}`));
}

/** @throws CursorLost when somebody else has it by now; the transaction must not be committed. */
export async function writeProgress(tx: Queryable, step: CursorStep): Promise<void> {
  const [isWritten] = await writeSteps(tx, [step]);
  if (isWritten !== true) throw new CursorLost(step.cursor.id);
}

/** Takes cursors that have nothing to read up to the horizon, so that what is not for them is not looked through again and again. */
export async function skipToHorizon(db: Queryable): Promise<number> {
  return db.execute(sql`
    update event_cursors set txid = ${horizon}, position = 0
    where ${isFree} and txid < ${horizon} and not is_paused and not (${hasNews})`);
}

/** Changes when something was written to the outbox, or can be read by now. */
export async function readTide(db: Queryable): Promise<string> {
  const [row] = await db.query<{ tide: string }>(sql`
    select last_value::text || '/' || ${horizon}::text as tide from event_positions`);
  return row?.tide ?? '';
}

export async function hasCursors(db: Queryable, kind: CursorKind): Promise<boolean> {
  return (await db.query(sql`select from event_cursors where kind = ${kind} limit 1`)).length > 0;
}

/** For each kind there is: how old the oldest event is that one of them, not being paused, has not read. In seconds. */
export async function readLags(db: Queryable): Promise<{ readonly kind: CursorKind; readonly seconds: number }[]> {
  return db.query(sql`
    with oldest as (
      select event_cursors.kind, unread.created_at from event_cursors
      left join lateral (
        select events.created_at from events
        where events.tenant_id = event_cursors.tenant_id
          and (events.txid, events.position) > (event_cursors.txid, event_cursors.position)
          and (event_cursors.types is null or events.type = any (event_cursors.types))
        order by events.txid, events.position limit 1) as unread on true
      where event_cursors.tenant_id is not null and not event_cursors.is_paused
      union all
      select event_cursors.kind, unread.created_at from event_cursors
      left join lateral (
        select events.created_at from events
        where (events.txid, events.position) > (event_cursors.txid, event_cursors.position)
          and (event_cursors.types is null or events.type = any (event_cursors.types))
        order by events.txid, events.position limit 1) as unread on true
      where event_cursors.tenant_id is null and not event_cursors.is_paused)
    select kind, greatest(0, coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0))::float8 as seconds
    from oldest group by kind`);
}
