import type { DeliverableExecution } from '../executions/store-deliveries.ts';
import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import type { Run } from './run.ts';

/**
 * What use cases ask of the machinery that drives runs; `run-engine.ts` is it. All calls are nudges after a commit:
 * losing one costs time (a sweep finds the work), never truth.
 */
export interface RunEngine {
  /** The run has been committed with these executions released: send them, and drive it. */
  runStarted(run: Run, released: readonly DeliverableExecution[]): void;
  /** Something about the run changed in the database that its coordinator has to see (cancel, results written elsewhere). */
  runChanged(runId: RunId): void;
  /** Executions have been released for these nodes: send what is deliverable, wherever the sessions are held. */
  deliver(nodeIds: readonly NodeId[]): void;
  /**
   * Tells the nodes to end these executions. Resolves to the ids whose node has no session: nobody could be told.
   */
  cancelOnNodes(
    executions: readonly { id: ExecutionId; nodeId: NodeId }[],
    reason: string,
  ): Promise<readonly ExecutionId[]>;
}
