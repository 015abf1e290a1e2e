import type { NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { recordEnds } from './record-ends.ts';
import { type EndedExecution, endExecutions, lockFeed } from './store.ts';

/**
 * Everything the node has not finished ends as `lost` with this code (`revoked`, `node_deleted`). For the transaction that revokes or
 * deletes it; after the commit tell the engine: `engine.runChanged` for the runs of what is returned.
 */
export async function endExecutionsOfNode(
  tx: Queryable,
  nodeId: NodeId,
  code: string,
  message: string,
): Promise<EndedExecution[]> {
  await lockFeed(tx);
  const ended = await endExecutions(tx, sql`node_id = ${nodeId}`, {
    outcome: 'lost',
    errorCode: code,
    errorMessage: message,
  });
  await recordEnds(tx, ended);
  return ended;
}
