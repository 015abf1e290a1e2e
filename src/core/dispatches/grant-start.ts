import type { ExecutionId, NodeId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import { startDispatch } from './store.ts';
import { tellStarted } from './tell-dispatch.ts';

/**
 * A node asks for leave to start the agent. Given once for each placement, and again to whoever asks again for the same one:
 * an answer may be lost. Refused when the dispatch was given back, cancelled or ended: then the node must not start it, because
 * another machine may.
 */
export async function grantStart(
  { db }: { readonly db: Database },
  { executionId, nodeId }: { readonly executionId: ExecutionId; readonly nodeId: NodeId },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const isHere = sql`execution_id = ${executionId} and node_id = ${nodeId}`;
    const moved = await startDispatch(tx, isHere);
    await tellStarted(tx, moved, nodeId);
    if (moved.length > 0) return true;
    const held = await tx.query(sql`
      select from dispatches where execution_id = ${executionId} and node_id = ${nodeId} and status in ('running', 'completing')`);
    return held.length > 0;
  });
}
