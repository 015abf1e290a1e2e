/**
 * Brings one destination up to date: what a controller does with a cursor it has claimed.
 *
 * A batch is what is due among the parked, and what follows the cursor. Events are sent in lanes by subject; events whose
 * subject has something parked are parked behind it. Then one transaction writes what became of each: the log, what is
 * parked and what no longer is, the cursor. It is conditional on the epoch of the claim, so a controller that is killed or
 * slow takes nothing back; what it had sent and not written is sent again by the next one, under the same ids. That is at
 * least once, and never silently dropped: an event ends delivered, or in the log with its reason.
 *
 * well      batches follow each other until there is nothing left; then the cursor is let go.
 * resting   after `failuresToRest` failures in a row, of whatever events: nothing is read or sent for a while. Then one
 *           event is tried as a probe: when it fails the rest is doubled, when it does not, all is well again.
 * full      more than `MOST_PARKED` wait: the cursor stands still until some of them have been settled. The backlog is in the
 *           outbox, not here.
 */
import type { Batcher } from '#runtime/batcher.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import type { ClaimedCursor, CursorId } from './cursor.ts';
import { type EventBatch, findEvents, readEventsAfter, writeProgress } from './cursor-store.ts';
import type { Destination, DestinationKind, LoggedAttempt, LoggedEvent } from './destination.ts';
import type { OutboxEvent, OutboxPlace } from './outbox.ts';
import {
  findBlockedLanes,
  isSentAgain,
  type ParkedEvent,
  type Parking,
  parkEvents,
  raiseHeads,
  readDueLanes,
  unparkEvents,
} from './parked-store.ts';
import { type RetryPolicy, restAfter } from './retry-policy.ts';
import { type Errand, type Lane, sendLanes } from './send-lanes.ts';
import { loggedEventOf, settleBatch } from './settle-batch.ts';
import type { Settlements } from './settlements.ts';

export interface RelayDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly kind: DestinationKind;
  readonly policy: RetryPolicy;
  /** Events that are read and settled at once; what is sent again after a crash. Default 256. */
  readonly batch?: number;
}

/** What the cursors of one relay do together. */
interface Shared extends RelayDeps {
  readonly settlements: Pick<Settlements, 'write'>;
  /** How many events are parked before a destination. */
  readonly parked: Pick<Batcher<CursorId, number>, 'add'>;
}

const BATCH = 256;
const DUE_LANES = 64;
const LANE_DEPTH = 32;
const MOST_PARKED = 2_000;
/** A destination that is not connected is asked again after this. */
const ABSENT_MS = 1_000;

export async function relayCursor(deps: Shared, claimed: ClaimedCursor, signal: AbortSignal): Promise<void> {
  let cursor = claimed;
  for (;;) {
    const destination = await deps.kind.open(cursor);
    if (destination === undefined) return letGo(deps, cursor, new Date(deps.clock.millis() + ABSENT_MS));
    const next = await relayBatch(deps, cursor, destination, signal);
    if (next === undefined) return;
    cursor = next;
  }
}

/** The cursor as it is then, or undefined when it was let go. */
async function relayBatch(
  deps: Shared,
  cursor: ClaimedCursor,
  destination: Destination,
  signal: AbortSignal,
): Promise<ClaimedCursor | undefined> {
  const { db, policy } = deps;
  const isProbe = cursor.failures >= policy.failuresToRest;
  const work = await readWork(deps, cursor, isProbe);
  const health = {
    failures: isProbe ? policy.failuresToRest - 1 : cursor.failures,
    failuresToRest: policy.failuresToRest,
  };
  const results = await sendLanes(destination, work.lanes, health, signal);
  const now = deps.clock.now();
  const settlement = settleBatch(results, policy, now);
  const wasTried = results.some(({ sent }) => sent.length > 0);
  const failures = isProbe && health.failures >= policy.failuresToRest ? cursor.failures + 1 : health.failures;
  const isResting = failures >= policy.failuresToRest;
  const failingSince = failures === 0 ? null : (cursor.failingSince ?? now);
  const isOver = isResting || signal.aborted || !work.isMore;
  const progress = {
    place: work.end,
    failures: wasTried ? failures : cursor.failures,
    failingSince: wasTried ? failingSince : cursor.failingSince,
    restsUntil: isResting && wasTried ? new Date(now.getTime() + restAfter(policy, failures)) : null,
    isOver,
  };
  const attempts = [...work.ended, ...settlement.attempts];
  const settled = [...work.settled, ...settlement.settled];
  const parkings = [...settlement.parkings, ...work.behind];
  const failing = isResting ? progress.failingSince : null;
  if (settled.length + parkings.length === 0 && failing === null) {
    await deps.settlements.write({ cursor, progress, attempts });
  } else {
    const lanes = new Set([...settled, ...work.behind].map(({ lane }) => lane));
    const ended = settled.map(({ eventId }) => eventId);
    const settle = async (tx: Queryable) => {
      await writeProgress(tx, { cursor, progress });
      await deps.kind.log(tx, [{ cursor, attempts }]);
      await unparkEvents(tx, cursor.id, ended);
      await parkEvents(tx, cursor.id, parkings);
      await raiseHeads(tx, cursor.id, [...lanes]);
      if (failing !== null) await deps.kind.failing?.(tx, cursor, failing);
    };
    await db.transaction(settle, { mayBeLost: true });
  }
  deps.kind.logged?.(attempts);
  return isOver
    ? undefined
    : { ...cursor, ...work.end, failures: progress.failures, failingSince: progress.failingSince };
}

interface Work {
  readonly lanes: readonly Lane[];
  /** Events whose subject has something parked: they go behind it. */
  readonly behind: readonly Parking[];
  /** Ends without an attempt. */
  readonly ended: readonly LoggedAttempt[];
  readonly settled: readonly Pick<ParkedEvent, 'eventId' | 'lane'>[];
  readonly end: OutboxPlace;
  readonly isMore: boolean;
}

async function readWork(deps: Shared, cursor: ClaimedCursor, isProbe: boolean): Promise<Work> {
  const { db } = deps;
  const waiting = await deps.parked.add(cursor.id);
  const due = waiting === 0 ? [] : await readDueLanes(db, cursor.id, lanesToTry(isProbe));
  const parked = await withEvents(deps, due);
  const mayReadOn = waiting <= MOST_PARKED && !(isProbe && due.length > 0);
  const whole = mayReadOn ? await readEventsAfter(db, cursor, deps.batch ?? BATCH) : nothingNew(cursor);
  const batch = isProbe ? upToFirstYoung(deps, whole) : whole;
  const fresh = splitByAge(deps, batch.events);
  const subjects = new Set(fresh.young.map(({ subject }) => subject));
  const blocked = waiting === 0 ? new Set<string>() : await findBlockedLanes(db, cursor.id, [...subjects]);
  const free = fresh.young.filter(({ subject }) => !blocked.has(subject));
  return {
    lanes: [...parked.lanes, ...lanesOf(free)],
    behind: fresh.young.filter(({ subject }) => blocked.has(subject)).map(behindItsLane),
    ended: [...parked.ended, ...fresh.ended],
    settled: parked.settled,
    end: batch.end,
    isMore: batch.isFull || due.length > 0,
  };
}

function lanesToTry(isProbe: boolean) {
  return { most: isProbe ? 1 : DUE_LANES, depth: isProbe ? 1 : LANE_DEPTH, isProbe };
}

function nothingNew({ txid, position }: ClaimedCursor): EventBatch {
  return { events: [], end: { txid, position }, isFull: false };
}

interface ParkedWork extends Pick<Work, 'lanes' | 'ended' | 'settled'> {}

/** The parked with their events. Those whose event is gone, or too old by now, end here. */
async function withEvents(deps: RelayDeps, due: readonly ParkedEvent[]): Promise<ParkedWork> {
  const events = new Map(
    (
      await findEvents(
        deps.db,
        due.map(({ eventId }) => eventId),
      )
    ).map((event) => [event.id, event]),
  );
  const lanes = new Map<string, Errand[]>();
  const ended: LoggedAttempt[] = [];
  const settled: Pick<ParkedEvent, 'eventId' | 'lane'>[] = [];
  for (const { eventId, lane, attempts } of due) {
    const event = events.get(eventId);
    if (event !== undefined && (isSentAgain(lane) || !isOutdated(deps, event))) {
      lanes.set(lane, [...(lanes.get(lane) ?? []), { event, attempts, isParked: true }]);
      continue;
    }
    settled.push({ eventId, lane });
    if (event !== undefined) ended.push(ending('outdated', loggedEventOf(event), attempts));
    else ended.push(ending('forgotten', { id: eventId, type: '', subject: lane }, attempts));
  }
  return { lanes: [...lanes].map(([name, errands]) => ({ name, errands })), ended, settled };
}

/** For a probe one is enough. */
function upToFirstYoung(deps: RelayDeps, batch: EventBatch): EventBatch {
  const place = batch.events.findIndex((event) => !isOutdated(deps, event));
  const first = batch.events[place];
  if (first === undefined) return batch;
  const end = { txid: first.txid, position: first.position };
  return { events: batch.events.slice(0, place + 1), end, isFull: true };
}

function splitByAge(deps: RelayDeps, events: readonly OutboxEvent[]) {
  const young = events.filter((event) => !isOutdated(deps, event));
  const ended = events
    .filter((event) => isOutdated(deps, event))
    .map((event) => ending('outdated', loggedEventOf(event), 0));
  return { young, ended };
}

function isOutdated({ clock, policy }: RelayDeps, { createdAt }: OutboxEvent): boolean {
  return policy.maxAgeMs > 0 && createdAt.getTime() + policy.maxAgeMs < clock.millis();
}

function ending(outcome: 'outdated' | 'forgotten', event: LoggedEvent, attempt: number): LoggedAttempt {
  return { event, attempt, outcome, sent: { word: outcome }, nextAt: null };
}

/**
 * By subject, in the order in which they were written: transactions that overlap can commit two events of one subject the
 * other way round, and their numbers tell.
 */
function lanesOf(events: readonly OutboxEvent[]): Lane[] {
  return [...Map.groupBy(events, ({ subject }) => subject)].map(([name, ofSubject]) => ({
    name,
    errands: ofSubject
      .toSorted((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0))
      .map((event) => ({ event, attempts: 0, isParked: false })),
  }));
}

function behindItsLane({ id: eventId, subject: lane, txid, position }: OutboxEvent): Parking {
  return { eventId, lane, txid, position, attempts: 0, nextAt: null };
}

async function letGo({ db }: RelayDeps, cursor: ClaimedCursor, restsUntil: Date): Promise<void> {
  const { txid, position, failures, failingSince } = cursor;
  const progress = { place: { txid, position }, failures, failingSince, restsUntil, isOver: true };
  await db.transaction((tx) => writeProgress(tx, { cursor, progress }));
}
