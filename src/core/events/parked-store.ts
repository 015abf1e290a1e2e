/**
 * What waits before a destination, by lanes. The first of a lane says when it is tried again; those behind it wait for it
 * (`next_at` is infinity). What is sent again because somebody asked has a lane of its own and waits for nobody.
 */
import { type Queryable, sql } from '../kernel/sql.ts';
import type { CursorId } from './cursor.ts';
import type { OutboxPlace } from './outbox.ts';

export interface ParkedEvent extends OutboxPlace {
  readonly eventId: string;
  readonly lane: string;
  readonly attempts: number;
}

const AGAIN = 'again:';

/** The lane of an event that is sent once more. */
export function laneAgain(eventId: string): string {
  return AGAIN + eventId;
}

export function isSentAgain(lane: string): boolean {
  return lane.startsWith(AGAIN);
}

/** Lanes whose first is due, each with what is behind it, at most `depth` of each. */
export async function readDueLanes(
  db: Queryable,
  cursorId: CursorId,
  { most, depth, isProbe }: { readonly most: number; readonly depth: number; readonly isProbe: boolean },
): Promise<ParkedEvent[]> {
  return db.query<ParkedEvent>(sql`
    with due as (
      select lane from parked_events
      where cursor_id = ${cursorId} and next_at < 'infinity' and (${isProbe}::boolean or next_at <= clock_timestamp())
      order by next_at limit ${most}
    )
    select parked.event_id as "eventId", parked.lane, parked.attempts, parked.txid::text as txid, parked.position
    from due cross join lateral (
      select * from parked_events
      where parked_events.cursor_id = ${cursorId} and parked_events.lane = due.lane
      order by parked_events.txid, parked_events.position limit ${depth}
    ) as parked
    order by parked.lane, parked.txid, parked.position`);
}

/** Those of the lanes in which something waits. */
export async function findBlockedLanes(
  db: Queryable,
  cursorId: CursorId,
  lanes: readonly string[],
): Promise<Set<string>> {
  const rows = await db.query<{ lane: string }>(sql`
    select distinct lane from parked_events where cursor_id = ${cursorId} and lane = any (${lanes}::text[])`);
  return new Set(rows.map(({ lane }) => lane));
}

/** For each cursor, in their order. */
export async function countParked(db: Queryable, cursorIds: readonly CursorId[]): Promise<number[]> {
  const rows = await db.query<{ id: CursorId; count: number }>(sql`
    select cursor_id as id, count(*)::int as count from parked_events
    where cursor_id = any (${cursorIds}::uuid[]) group by cursor_id`);
  const counts = new Map(rows.map(({ id, count }) => [id, count]));
  return cursorIds.map((id) => counts.get(id) ?? 0);
}

export interface Parking extends ParkedEvent {
  /** Null: waits for the one before it in its lane. */
  readonly nextAt: Date | null;
}

/** Parks events, or says anew of parked ones when they are tried again. */
export async function parkEvents(tx: Queryable, cursorId: CursorId, parkings: readonly Parking[]): Promise<void> {
  if (parkings.length === 0) return;
  await tx.execute(sql`
    insert into parked_events (cursor_id, lane, event_id, txid, position, attempts, next_at)
    select ${cursorId}, lane, event_id, txid::xid8, position, attempts, coalesce(next_at, 'infinity')
    from unnest(${parkings.map(({ lane }) => lane)}::text[], ${parkings.map(({ eventId }) => eventId)}::uuid[],
      ${parkings.map(({ txid }) => txid)}::text[], ${parkings.map(({ position }) => position)}::bigint[],
      ${parkings.map(({ attempts }) => attempts)}::int[], ${parkings.map(({ nextAt }) => nextAt)}::timestamptz[])
      as parked (lane, event_id, txid, position, attempts, next_at)
    on conflict (cursor_id, event_id) do update set attempts = excluded.attempts, next_at = excluded.next_at`);
}

/** Removes what is settled. */
export async function unparkEvents(tx: Queryable, cursorId: CursorId, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length === 0) return;
  await tx.execute(sql`
    delete from parked_events where cursor_id = ${cursorId} and event_id = any (${eventIds}::uuid[])`);
}

/** What waits for its time is due, whenever that was. */
export async function hurryLanes(tx: Queryable, cursorId: CursorId): Promise<void> {
  await tx.execute(sql`
    update parked_events set next_at = clock_timestamp()
    where cursor_id = ${cursorId} and next_at > clock_timestamp() and next_at < 'infinity'`);
}

/** Whoever is first in one of these lanes by now and waits for nobody is due. */
export async function raiseHeads(tx: Queryable, cursorId: CursorId, lanes: readonly string[]): Promise<void> {
  if (lanes.length === 0) return;
  await tx.execute(sql`
    update parked_events set next_at = clock_timestamp()
    where cursor_id = ${cursorId} and lane = any (${lanes}::text[])
      and next_at = 'infinity' and not exists (
        select from parked_events as former
        where former.cursor_id = parked_events.cursor_id and former.lane = parked_events.lane
          and (former.txid, former.position) < (parked_events.txid, parked_events.position))`);
}
