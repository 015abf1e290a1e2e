import type { ExecutionId, NodeId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import { startDispatch } from './store.ts';
import { tellStarted } from './tell-dispatch.ts';

/**
 * A node asks for leave to start an agent. Given once for each placement, and again to whoever asks again for the same one: an
 * answer may be lost. Refused when the dispatch was given back, cancelled or ended: then the node must not start it, because
 * another machine may. An order of `agent.run` that is no dispatch needs no leave.
 */
export async function grantStart(
  { db }: { readonly db: Database },
  { executionId, nodeId }: { readonly executionId: ExecutionId; readonly nodeId: NodeId },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const moved = await startDispatch(tx, sql`execution_id = ${executionId} and node_id = ${nodeId}`);
    await tellStarted(tx, moved, nodeId);
    if (moved.length > 0) return true;
    const held = await tx.query(sql`
      select from executions join runs on runs.id = executions.run_id
      where executions.id = ${executionId} and executions.node_id = ${nodeId} and executions.state <> 'finished'
        and (runs.kind <> 'dispatch' or exists (
          select from dispatches where dispatches.execution_id = executions.id and dispatches.status in ('running', 'completing')))`);
    return held.length > 0;
  });
}
