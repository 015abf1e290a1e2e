import type { NodeId, RunId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { lockFeeds } from './feed-locks.ts';
import { recordEnds } from './record-ends.ts';
import { type EndedExecution, endExecutions } from './store-reports.ts';

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
  const open = await tx.query<{ run_id: RunId }>(sql`
    select distinct run_id from executions where node_id = ${nodeId} and state <> 'finished'`);
  const runIds = open.map((row) => row.run_id);
  await lockFeeds(tx, runIds);
  const ended = await endExecutions(tx, sql`node_id = ${nodeId} and run_id = any (${runIds}::uuid[])`, {
    outcome: 'lost',
    errorCode: code,
    errorMessage: message,
  });
  await recordEnds(tx, ended);
  return ended;
}
