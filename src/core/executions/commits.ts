import type { RunId } from '../kernel/ids.ts';
import type { EndedExecution } from './store-reports.ts';

export type CommitListener = (runIds: ReadonlySet<RunId>, ended: readonly EndedExecution[]) => void;

/**
 * Says what this controller has committed about executions: the runs, and the executions that ended. Writers tell it,
 * the run engine listens; neither knows the other, so either can be made first.
 */
export class Commits {
  readonly #listeners = new Set<CommitListener>();

  /** Calls `listener` after each commit; returns how to leave. */
  listen(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(runIds: ReadonlySet<RunId>, ended: readonly EndedExecution[]): void {
    for (const listener of this.#listeners) listener(runIds, ended);
  }
}
