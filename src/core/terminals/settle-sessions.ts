import type { Clock } from '../kernel/clock.ts';
import type { Queryable } from '../kernel/sql.ts';
import { endForgotten, forgetSessions } from './store.ts';
import { KEEP_SECONDS } from './terminal-session.ts';

/** Longer than a node keeps a shell for whoever was cut off. */
const AFTER_MS = (KEEP_SECONDS + 30) * 1_000;

/** Ends what nobody came back to, also of controllers that are dead, and forgets what is as old as its recording. May run twice at once. */
export async function settleSessions({
  db,
  clock,
  forgetAfterMs,
}: {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly forgetAfterMs: number;
}): Promise<void> {
  const now = clock.now();
  await endForgotten(db, { now, since: new Date(now.getTime() - AFTER_MS) });
  await forgetSessions(db, new Date(now.getTime() - forgetAfterMs));
}
