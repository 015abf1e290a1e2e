import type { Destination, Sent } from './destination.ts';
import type { OutboxEvent } from './outbox.ts';

/** An event on its way, with what has been tried already. */
export interface Errand {
  readonly event: OutboxEvent;
  /** Attempts before this one. */
  readonly attempts: number;
  readonly isParked: boolean;
}

export interface Lane {
  readonly name: string;
  readonly errands: readonly Errand[];
}

export interface LaneResult {
  readonly lane: Lane;
  /** What became of the first errands of the lane, in their order: all but the last one are over. */
  readonly sent: readonly Sent[];
}

export interface LaneHealth {
  /** Failures in a row. */
  failures: number;
  readonly failuresToRest: number;
}

/**
 * Sends lanes side by side and the events of each one after the other. A lane ends at its first failure: what is behind it
 * waits, so that nothing overtakes. When the destination has failed so often in a row that it has to rest, or the signal
 * aborts, nothing more is begun.
 */
export async function sendLanes(
  destination: Destination,
  lanes: readonly Lane[],
  health: LaneHealth,
  signal: AbortSignal,
): Promise<LaneResult[]> {
  const results: LaneResult[] = lanes.map((lane) => ({ lane, sent: [] }));
  let next = 0;
  const mayBegin = () => !signal.aborted && health.failures < health.failuresToRest;
  const work = async () => {
    while (mayBegin() && next < lanes.length) {
      const place = next++;
      const lane = lanes[place] as Lane; // below the length
      results[place] = { lane, sent: await sendLane(destination, lane, health, signal, mayBegin) };
    }
  };
  await Promise.all(Array.from({ length: Math.min(destination.lanes, lanes.length) }, work));
  return results;
}

async function sendLane(
  destination: Destination,
  { errands }: Lane,
  health: LaneHealth,
  signal: AbortSignal,
  mayBegin: () => boolean,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const { event, attempts } of errands) {
    if (!mayBegin()) break;
    const one = await destination.send(event, attempts + 1, signal);
    if (one.outcome === 'halted') break;
    sent.push(one);
    if (one.outcome === 'failed') health.failures += 1;
    else health.failures = 0; // it answers, whatever it says
    if (one.outcome === 'failed') break;
  }
  return sent;
}
