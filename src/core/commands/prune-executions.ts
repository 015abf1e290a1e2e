import { tellPruned } from '../executions/tell-commands.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../kernel/sql.ts';
import { findPrunable, removeExecutions } from './store.ts';

const BATCH = 1_000;

/**
 * Removes executions of commands that ended longer ago than `retentionMs`, with their output, and tells of each. In
 * transactions of a thousand; controllers that do it at the same time share the work. Returns how many went.
 */
export async function pruneExecutions(
  deps: { readonly db: Database; readonly clock: Clock },
  { retentionMs, signal }: { readonly retentionMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const finishedBefore = new Date(deps.clock.millis() - retentionMs);
  let pruned = 0;
  for (let found = BATCH; found === BATCH && !signal.aborted; pruned += found) {
    found = await pruneBatch(deps.db, finishedBefore);
  }
  return pruned;
}

async function pruneBatch(db: Database, finishedBefore: Date): Promise<number> {
  return db.transaction(async (tx) => {
    const found = await findPrunable(tx, finishedBefore, BATCH);
    await tellPruned(
      tx,
      found.map(({ id }) => id),
    );
    await removeExecutions(tx, found);
    return found.length;
  });
}
