/**
 * Positions in the feed of a run rise in the order of commits: a reader that asks for "after n" never misses a later commit
 * with a smaller one. Whoever draws positions for a run therefore holds the lock of its feed until the commit; readers
 * follow one run each, so nothing has to be in order between runs, and neither tenants nor controllers wait for each other.
 *
 * A batch may have results of hundreds of runs, and the lock table of a server has room for a few thousand locks in all: so
 * runs share `FEEDS` locks. All that a transaction needs are taken by one statement, in ascending order, before the rows,
 * so that two transactions cannot wait for each other.
 *
 * What happens to a holder that stands still: between statements the server ends it after 5 s (`session-settings.ts`), in the
 * middle of one another controller does (`end-frozen-sessions.ts`).
 */
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

const FEEDS = 256;

/** The first of two keys, the same in every controller; the second is the number of the lock. */
const FEED_LOCKS = 7_013_005;

/** Call it before `storeChunks`, `storeReports`, `endExecutions` and `finishRun`, with all runs they may touch. */
export async function lockFeeds(tx: Queryable, runIds: Iterable<RunId>): Promise<void> {
  const locks = [...new Set([...runIds].map(lockOf))].sort((a, b) => a - b);
  if (locks.length === 0) return;
  await tx.query(sql`select pg_advisory_xact_lock(${FEED_LOCKS}::int, lock) from unnest(${locks}::int[]) as lock`);
}

/** The same for the runs of these executions. */
export async function lockFeedsOf(tx: Queryable, executionIds: readonly ExecutionId[]): Promise<void> {
  const rows = await tx.query<{ run_id: RunId }>(sql`
    select distinct run_id from executions where id = any (${executionIds}::uuid[])`);
  await lockFeeds(
    tx,
    rows.map((row) => row.run_id),
  );
}

/** The end of an id is random, whatever its beginning. */
function lockOf(runId: RunId): number {
  return Number.parseInt(runId.slice(-4), 16) % FEEDS;
}
