import type { Clock } from '#core/kernel/clock.ts';
import { TokenBucket } from '#runtime/token-bucket.ts';
import type { RateClass } from './operation.ts';

export interface RateDecision {
  readonly isAllowed: boolean;
  /** Whole requests left. */
  readonly remaining: number;
  /** Until one request is allowed; 0 when it is now. */
  readonly retryAfterSeconds: number;
  /** When everything is left again: seconds since the Unix epoch. */
  readonly resetAtSeconds: number;
}

/** Buckets kept; beyond it the one that has been still for longest goes, which gives its owner a full one. */
const MAX_BUCKETS = 50_000;

/** Token buckets by class and caller. Each controller counts for itself. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #now: () => number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#now = () => clock.millis();
  }

  take(rate: RateClass, caller: string): RateDecision {
    const bucket = this.#touch(rate, caller);
    const isAllowed = bucket.take();
    return {
      isAllowed,
      remaining: Math.max(0, Math.floor(bucket.tokens)),
      retryAfterSeconds: isAllowed ? 0 : Math.ceil(bucket.msUntil(1) / 1_000),
      resetAtSeconds: Math.ceil((this.#clock.millis() + bucket.msUntil(rate.burst)) / 1_000),
    };
  }

  /** Moves the bucket to the young end of the map. */
  #touch({ name, burst, perMinute }: RateClass, caller: string): TokenBucket {
    const key = `${name}\0${caller}`;
    const bucket =
      this.#buckets.get(key) ?? new TokenBucket({ atOnce: burst, perSecond: perMinute / 60, now: this.#now });
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_BUCKETS) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return bucket;
  }
}
