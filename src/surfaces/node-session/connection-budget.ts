/**
 * What one connection may ask for besides its session: a node opens a stream when it joins, renews, or comes back, and
 * pings now and then. A peer that opens streams only to give them up, or sends frames that have to be answered, beyond this
 * is ended: each of them costs the controller work that no frame budget of a session sees.
 */
import type { Http2Session } from 'node:http2';
import { TokenBucket } from '#runtime/token-bucket.ts';

/** Streams, pings and settings of one connection. */
export const CONNECTION_BUDGET = { atOnce: 64, perSecond: 4 } as const;

export type BudgetedSession = Pick<Http2Session, 'on' | 'destroyed'>;

/** @param end ends the connection under the session. */
export function holdToBudget(session: BudgetedSession, end: () => void, now?: () => number): void {
  const bucket = new TokenBucket({ ...CONNECTION_BUDGET, ...(now && { now }) });
  const take = () => {
    if (!session.destroyed && !bucket.take()) end();
  };
  session.on('stream', take);
  session.on('ping', take);
  session.on('remoteSettings', take);
}
