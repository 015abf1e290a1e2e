import { setTimeout as delay } from 'node:timers/promises';

export interface BackoffOptions {
  /** Upper bound of the first wait. Default 500 ms. */
  readonly firstMs?: number;
  /** Upper bound of every later wait. Default 60,000 ms. */
  readonly maxMs?: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Exponential backoff with full jitter: the n-th wait is uniform between 0 and `firstMs × 2ⁿ`, capped at `maxMs`. Full
 * jitter spreads a crowd that was cut off together; a fixed part would bring it back together.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: BackoffOptions = {}) {
    this.#firstMs = options.firstMs ?? 500;
    this.#maxMs = options.maxMs ?? 60_000;
    this.#random = options.random ?? Math.random;
  }

  /** Waits asked for since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  nextMs(): number {
    const ceiling = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.floor(this.#random() * ceiling);
  }

  /** The attempt succeeded: the next failure starts over. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits `nextMs()`. Rejects with an AbortError when `signal` aborts first. */
  async wait(signal?: AbortSignal): Promise<void> {
    await delay(this.nextMs(), undefined, signal === undefined ? {} : { signal });
  }
}
