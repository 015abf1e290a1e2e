import type { Context } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { ExecutionId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import type { RunEngine } from '../runs/engine.ts';
import { lockFeeds } from './feed-locks.ts';
import { recordEnds } from './record-ends.ts';
import { findExecution } from './store.ts';
import { endExecutions } from './store-reports.ts';

/** `ended`: it had not been sent and never will be. `requested`: its node has been told. */
export type CancelledExecution = 'ended' | 'requested';

/**
 * Ends one execution.
 * @throws FleetError `not_found`; `conflict` when it has finished; `unavailable` when its node cannot be told at the moment.
 */
export async function cancelExecution(
  ctx: Context,
  deps: { readonly db: Database; readonly engine: RunEngine },
  id: ExecutionId,
  reason = 'cancelled by an operator',
): Promise<CancelledExecution> {
  const execution = await findExecution(deps.db, ctx.tenantId, id);
  if (execution === undefined) throw notFound('execution');
  const ended = await deps.db.transaction(async (tx) => {
    await lockFeeds(tx, [execution.runId]);
    const rows = await endExecutions(tx, sql`id = ${id} and state = 'queued'`, {
      outcome: 'cancelled',
      errorCode: 'cancelled',
      errorMessage: reason,
    });
    await recordEnds(tx, rows);
    return rows;
  });
  deps.engine.runChanged(execution.runId);
  if (ended.length > 0) return 'ended';
  return cancelOnNode(ctx, deps, id, reason);
}

async function cancelOnNode(
  ctx: Context,
  deps: { readonly db: Database; readonly engine: RunEngine },
  id: ExecutionId,
  reason: string,
): Promise<CancelledExecution> {
  const execution = await findExecution(deps.db, ctx.tenantId, id);
  if (execution === undefined) throw notFound('execution');
  if (execution.state === 'finished' || execution.nodeId === null) {
    throw new FleetError('conflict', 'the execution has finished; only one that waits or runs can be cancelled', {
      facts: { outcome: execution.outcome },
    });
  }
  const untold = await deps.engine.cancelOnNodes([{ id, nodeId: execution.nodeId }], reason);
  if (untold.length > 0) {
    throw new FleetError(
      'unavailable',
      'the node is not connected, so the execution cannot be cancelled; try again when it is back',
    );
  }
  await deps.db.execute(sql`
    update executions set cancel_requested_at = coalesce(cancel_requested_at, now()), cancel_reason = coalesce(cancel_reason, ${reason}),
      updated_at = now()
    where id = ${id} and tenant_id = ${ctx.tenantId} and state <> 'finished'`);
  return 'requested';
}
