import { lockFeeds } from '../executions/feed-locks.ts';
import { recordEnds } from '../executions/record-ends.ts';
import { endExecutions } from '../executions/store-reports.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { RunId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import type { RunEngine } from './engine.ts';
import { findRun, requestCancelOfRun } from './store.ts';

export interface CancelledRun {
  /** Executions that were released and had not ended. */
  readonly cancelled: number;
  readonly alreadyTerminal: number;
}

/**
 * Ends a run: what waits does not start, what is with nodes is ended there (TERM, 5 s, KILL). A finished run is left as it
 * is. Resolves when the nodes have been told; the run ends `cancelled` when their last word has come.
 * @throws FleetError `not_found`
 */
export async function cancelRun(
  ctx: Context,
  deps: { readonly db: Database; readonly engine: RunEngine },
  runId: RunId,
  reason = 'cancelled by an operator',
): Promise<CancelledRun> {
  const { inFlight, counts } = await deps.db.transaction(async (tx) => {
    const run = await findRun(tx, ctx.tenantId, runId);
    if (run === undefined) throw notFound('run');
    await lockFeeds(tx, [runId]);
    await tx.execute(sql`
      update runs set cancel_requested_at = coalesce(cancel_requested_at, now()), updated_at = now()
      where id = ${runId} and tenant_id = ${ctx.tenantId} and state = 'running'`);
    const rows = await tx.query<{ terminal: number; released: number }>(sql`
      select count(*) filter (where state = 'finished') as terminal,
        count(*) filter (where state <> 'finished' and is_released) as released
      from executions where run_id = ${runId}`);
    const waiting = await endExecutions(tx, sql`run_id = ${runId} and state = 'queued' and is_released`, {
      outcome: 'cancelled',
      errorCode: 'cancelled',
      errorMessage: reason,
    });
    const unreleased = await endExecutions(tx, sql`run_id = ${runId} and state = 'queued' and not is_released`, {
      outcome: 'not_started',
      errorCode: null,
      errorMessage: null,
    });
    await recordEnds(tx, [...waiting, ...unreleased]);
    const counts = { cancelled: rows[0]?.released ?? 0, alreadyTerminal: rows[0]?.terminal ?? 0 };
    return { inFlight: await requestCancelOfRun(tx, runId, reason), counts };
  });
  deps.engine.runChanged(runId);
  await deps.engine.cancelOnNodes(inFlight, reason);
  return counts;
}
