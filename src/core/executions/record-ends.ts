import { recordEvents } from '../events/record-events.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { EndedExecution } from './store.ts';

/** Tells of ends in the transaction that makes them. */
export async function recordEnds(tx: Queryable, ended: readonly EndedExecution[]): Promise<void> {
  await recordEvents(
    tx,
    ended.map((execution) => ({
      tenantId: execution.tenantId,
      type: 'execution.finished',
      subject: execution.id,
      data: { runId: execution.runId, nodeId: execution.nodeId, outcome: execution.outcome },
    })),
  );
}
