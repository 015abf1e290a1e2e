import type { LoggedAttempt, LoggedEvent, Sent } from './destination.ts';
import type { OutboxEvent } from './outbox.ts';
import type { ParkedEvent, Parking } from './parked-store.ts';
import { delayBefore, type RetryPolicy } from './retry-policy.ts';
import type { Errand, Lane, LaneResult } from './send-lanes.ts';

/** What is written about a batch. */
export interface Settlement {
  readonly attempts: readonly LoggedAttempt[];
  readonly parkings: readonly Parking[];
  /** Events that had been parked and need no further attempt. */
  readonly settled: readonly Pick<ParkedEvent, 'eventId' | 'lane'>[];
}

interface Drafts {
  readonly attempts: LoggedAttempt[];
  readonly parkings: Parking[];
  readonly settled: Pick<ParkedEvent, 'eventId' | 'lane'>[];
}

/** Pure: what the results of a batch come to. Whatever was not delivered and is not over is parked, in its order. */
export function settleBatch(results: readonly LaneResult[], policy: RetryPolicy, now: Date): Settlement {
  const drafts: Drafts = { attempts: [], parkings: [], settled: [] };
  for (const result of results) settleLane(result, policy, now, drafts);
  return drafts;
}

function settleLane({ lane, sent }: LaneResult, policy: RetryPolicy, now: Date, drafts: Drafts): void {
  const { errands } = lane;
  let isFirst = true;
  for (const [place, errand] of errands.entries()) {
    const one = sent[place];
    if (one !== undefined && isOver(one, errand, policy)) {
      drafts.attempts.push(logged(errand, one, END[one.outcome], null));
      if (errand.isParked) drafts.settled.push({ eventId: errand.event.id, lane: lane.name });
      continue;
    }
    const failed = one?.outcome === 'failed' ? one : undefined;
    const nextAt = isFirst ? nextAtOf(errand, failed, policy, now) : null;
    if (failed) drafts.attempts.push(logged(errand, failed, 'failed', nextAt));
    // what was parked behind others and is first by now is made due when those are taken away
    if (failed || !errand.isParked) drafts.parkings.push(parkingOf(errand, lane, failed ? 1 : 0, nextAt));
    isFirst = false;
  }
}

/** How an event ends whose last attempt came out like this. What was halted is not in a result. */
const END: Readonly<Record<Sent['outcome'], LoggedAttempt['outcome']>> = {
  delivered: 'delivered',
  refused: 'refused',
  failed: 'exhausted',
  halted: 'failed',
};

function isOver({ outcome }: Sent, { attempts }: Errand, policy: RetryPolicy): boolean {
  return outcome !== 'failed' || attempts + 1 >= policy.maxAttempts;
}

function nextAtOf({ attempts }: Errand, failed: Sent | undefined, policy: RetryPolicy, now: Date): Date {
  if (failed === undefined) return now;
  return new Date(now.getTime() + delayBefore(policy, attempts + 1, failed.retryAfterMs));
}

function parkingOf({ event, attempts }: Errand, lane: Lane, more: number, nextAt: Date | null): Parking {
  const { id: eventId, txid, position } = event;
  return { eventId, lane: lane.name, txid, position, attempts: attempts + more, nextAt };
}

function logged({ event, attempts }: Errand, sent: Sent, outcome: LoggedAttempt['outcome'], nextAt: Date | null) {
  const { outcome: _, ...rest } = sent;
  return { event: loggedEventOf(event), attempt: attempts + 1, outcome, sent: rest, nextAt } satisfies LoggedAttempt;
}

/** What the log keeps of an event. */
export function loggedEventOf({ id, type, subject }: OutboxEvent): LoggedEvent {
  return { id, type, subject };
}
