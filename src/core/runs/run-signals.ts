import type { RunId } from '../kernel/ids.ts';
import { SharedReads } from './shared-reads.ts';

/** Wakes those who follow a run: something about it has been committed, here or on another controller. */
export class RunSignals {
  readonly #waiting = new Map<RunId, Set<() => void>>();
  /** What followers read until the next signal of their run. */
  readonly reads = new SharedReads();

  notify(runId: RunId): void {
    this.reads.forget(runId);
    const waiting = this.#waiting.get(runId);
    if (waiting === undefined) return;
    this.#waiting.delete(runId);
    for (const wake of waiting) wake();
  }

  /** Everybody looks again: messages may have been missed. */
  notifyAll(): void {
    for (const runId of [...this.#waiting.keys()]) this.notify(runId);
  }

  /** A promise of the next signal. Ask for it before looking at the database, so that nothing falls between. */
  next(runId: RunId, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#waiting.get(runId)?.delete(wake);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', wake, { once: true });
      const waiting = this.#waiting.get(runId) ?? new Set();
      waiting.add(wake);
      this.#waiting.set(runId, waiting);
    });
  }
}
