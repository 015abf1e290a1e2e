export interface TokenBucketOptions {
  /** How many may come at once. */
  readonly atOnce: number;
  /** How many may come in the long run. */
  readonly perSecond: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** So many at once, and so many in the long run. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#tokens = options.atOnce;
    this.#filledAt = this.#now();
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes one even if there is none yet, and returns how long whoever took it has to wait until it would be there. */
  borrow(): number {
    this.#fill();
    this.#tokens -= 1;
    return Math.max(0, (-this.#tokens / this.#options.perSecond) * 1000);
  }

  #fill(): void {
    const { atOnce, perSecond } = this.#options;
    const now = this.#now();
    this.#tokens = Math.min(atOnce, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
  }
}
