export interface TokenBucketOptions {
  /** How many may come at once. */
  readonly atOnce: number;
  /** How many may come in the long run. */
  readonly perSecond: number;
  /** Milliseconds. A clock that goes back fills nothing. */
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

  get tokens(): number {
    this.#fill();
    return this.#tokens;
  }

  /** How long until there are as many, if nobody takes one. */
  msUntil(tokens: number): number {
    return Math.max(0, ((tokens - this.tokens) / this.#options.perSecond) * 1000);
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /**
   * Takes one even if there is none yet, and returns how long whoever took it has to wait until it would be there.
   * @param atLeast debts end here. Default: nowhere.
   */
  borrow(atLeast = -Infinity): number {
    this.#fill();
    this.#tokens = Math.max(atLeast, this.#tokens - 1);
    return this.msUntil(0);
  }

  #fill(): void {
    const { atOnce, perSecond } = this.#options;
    const now = this.#now();
    this.#tokens = Math.min(atOnce, this.#tokens + (Math.max(0, now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
  }
}
