import { Backoff } from './backoff.ts';
import type { Service } from './service.ts';
import { tellFailure } from './tell-failure.ts';

export interface SupervisedOptions {
  readonly name: string;
  /**
   * One life of the task. It calls `up` once it works, goes on until it fails or `signal` aborts, and cleans up after
   * itself in both cases. Returning without having been told to is a failure too.
   */
  run(signal: AbortSignal, up: () => void): Promise<void>;
  /** Waits between two lives; reset by `up`. */
  readonly backoff?: Backoff;
  /** `start` rejects when the very first life fails before it is up. Default: it is tried again like the others. */
  readonly failsFast?: boolean;
  /** A life has ended that should not have; the next one begins after the backoff. */
  onFailure?(error: unknown): void;
}

/**
 * Keeps a task alive: stopped → starting → up → (failed → starting → up)* → stopped. `start` resolves when the task is
 * up for the first time. It may be started again after it was stopped.
 */
export class Supervised implements Service {
  readonly name: string;
  readonly #options: SupervisedOptions;
  readonly #backoff: Backoff;
  #life: { abort: AbortController; started: Promise<void>; ended: Promise<void> } | undefined;

  constructor(options: SupervisedOptions) {
    this.name = options.name;
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  start(): Promise<void> {
    this.#life ??= this.#begin();
    return this.#life.started;
  }

  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    life.abort.abort();
    await life.ended;
    if (this.#life === life) this.#life = undefined;
  }

  #begin() {
    const abort = new AbortController();
    const started = Promise.withResolvers<void>();
    started.promise.catch(() => {}); // told to whoever awaits start
    const ended = this.#keepAlive(abort.signal, started);
    return { abort, started: started.promise, ended };
  }

  async #keepAlive(signal: AbortSignal, started: PromiseWithResolvers<void>): Promise<void> {
    let hasBeenUp = false;
    const up = () => {
      hasBeenUp = true;
      this.#backoff.reset();
      started.resolve();
    };
    while (!signal.aborted) {
      try {
        await this.#options.run(signal, up);
        if (!signal.aborted) throw new Error(`${this.name} has ended by itself`);
      } catch (error) {
        if (signal.aborted) break;
        if (this.#options.failsFast === true && !hasBeenUp) {
          started.reject(error);
          this.#life = undefined;
          return;
        }
        tellFailure((one) => this.#options.onFailure?.(one), error);
        await this.#backoff.wait(signal).catch(() => {}); // aborted: the loop ends
      }
    }
    started.reject(new Error(`${this.name} was stopped before it had started`));
  }
}
