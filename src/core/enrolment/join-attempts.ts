import { LRUCache } from 'lru-cache';
import { BoundedQueue } from '#runtime/bounded-queue.ts';
import { TokenBucket, type TokenBucketOptions } from '#runtime/token-bucket.ts';
import type { Clock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';

export interface JoinAttemptsOptions {
  readonly clock: Clock;
  /** Failures per minute and address in the long run. Default 60. */
  readonly perMinute?: number;
  /** Failures that may come at once: hosts behind one NAT have one address. Default 60. */
  readonly burst?: number;
}

const ADDRESSES_REMEMBERED = 10_000;

/** Attempts of addresses that have failed too often are looked at so many at a time. */
const AT_A_TIME = 4;

/**
 * A token bucket per address, of attempts to join that failed. Whoever has overdrawn it is told nothing but to wait, and its
 * attempts take turns, so that a flood costs a bounded share of the database. A good secret still gets in, in its turn:
 * others behind the same NAT must not be kept out by whoever guesses there. Each controller counts for itself.
 */
export class JoinAttempts {
  readonly #rate: TokenBucketOptions;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: ADDRESSES_REMEMBERED });
  readonly #turns = new BoundedQueue<undefined>(AT_A_TIME);

  constructor({ clock, perMinute = 60, burst = 60 }: JoinAttemptsOptions) {
    this.#rate = { atOnce: burst, perSecond: perMinute / 60, now: () => clock.millis() };
  }

  isOverdrawn(address: string): boolean {
    const bucket = this.#buckets.get(address);
    return bucket !== undefined && bucket.tokens < 1;
  }

  /** Attempts of an address that has overdrawn wait for their turn. */
  async inTurn<T>(address: string, attempt: () => Promise<T>): Promise<T> {
    if (!this.isOverdrawn(address)) return attempt();
    await this.#turns.put(undefined);
    try {
      return await attempt();
    } finally {
      await this.#turns.take();
    }
  }

  /** @throws FleetError `rate_limited` when the address had overdrawn before. */
  countFailure(address: string): void {
    const bucket = this.#buckets.get(address) ?? new TokenBucket(this.#rate);
    this.#buckets.set(address, bucket);
    if (bucket.take()) return;
    const retryAfterSeconds = Math.ceil(bucket.msUntil(1) / 1_000);
    bucket.borrow(-this.#rate.atOnce);
    throw new FleetError(
      'rate_limited',
      `Too many attempts to join from this address have failed. Try again in ${retryAfterSeconds} s.`,
      { facts: { retryAfterSeconds, address } },
    );
  }
}
