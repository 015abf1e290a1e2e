import { Reconciler } from '#runtime/reconciler.ts';
import type { Service } from '#runtime/service.ts';
import type { Queryable } from '../kernel/sql.ts';
import { readTide } from './cursor-store.ts';

export interface OutboxTideOptions {
  readonly db: Queryable;
  /** Default 50 ms. */
  readonly everyMs?: number;
  onFailure(error: unknown): void;
}

/**
 * Tells those who wait for events that there may be some. It asks the database, which is told of nothing: a notification
 * with each event would halve what can be committed. Nobody waits: it does not ask.
 */
export class OutboxTide implements Service {
  readonly name = 'outbox tide';
  readonly #db: Queryable;
  readonly #listeners = new Set<() => void>();
  readonly #asking: Reconciler;
  #tide = '';

  constructor({ db, everyMs = 50, onFailure }: OutboxTideOptions) {
    this.#db = db;
    this.#asking = new Reconciler({ name: this.name, everyMs, reconcile: () => this.#ask(), onFailure });
  }

  start(): Promise<void> {
    return this.#asking.start();
  }

  stop(): Promise<void> {
    return this.#asking.stop();
  }

  /** Calls `listener` when there may be something new; returns how to leave. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #ask(): Promise<void> {
    if (this.#listeners.size === 0) return;
    const tide = await readTide(this.#db);
    if (tide === this.#tide) return;
    this.#tide = tide;
    for (const listener of this.#listeners) listener();
  }
}
