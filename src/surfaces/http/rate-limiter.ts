import type { Clock } from '#core/kernel/clock.ts';
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

interface Bucket {
  tokens: number;
  readAt: number;
}

/** Buckets kept; beyond it the one that has been still for longest goes, which gives its owner a full one. */
const MAX_BUCKETS = 50_000;

/** Token buckets by class and caller. Each controller counts for itself. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(rate: RateClass, caller: string): RateDecision {
    const now = this.#clock.millis();
    const perMs = rate.perMinute / 60_000;
    const key = `${rate.name}\0${caller}`;
    const bucket = this.#touch(key, { tokens: rate.burst, readAt: now });
    bucket.tokens = Math.min(rate.burst, bucket.tokens + Math.max(0, now - bucket.readAt) * perMs);
    bucket.readAt = now;
    const isAllowed = bucket.tokens >= 1;
    if (isAllowed) bucket.tokens -= 1;
    return {
      isAllowed,
      remaining: Math.floor(bucket.tokens),
      retryAfterSeconds: isAllowed ? 0 : Math.ceil((1 - bucket.tokens) / perMs / 1_000),
      resetAtSeconds: Math.ceil((now + (rate.burst - bucket.tokens) / perMs) / 1_000),
    };
  }

  /** Moves the bucket to the young end of the map. */
  #touch(key: string, full: Bucket): Bucket {
    const bucket = this.#buckets.get(key) ?? full;
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
