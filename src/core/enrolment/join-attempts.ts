import { LRUCache } from 'lru-cache';
import { BoundedQueue } from '#runtime/bounded-queue.ts';
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
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  readonly #buckets = new LRUCache<string, { tokens: number; at: number }>({ max: ADDRESSES_REMEMBERED });
  readonly #turns = new BoundedQueue<undefined>(AT_A_TIME);

  constructor({ clock, perMinute = 60, burst = 60 }: JoinAttemptsOptions) {
    this.#clock = clock;
    this.#perMs = perMinute / 60_000;
    this.#burst = burst;
  }

  isOverdrawn(address: string): boolean {
    return this.#tokensOf(address) < 1;
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
    const tokens = this.#tokensOf(address);
    this.#buckets.set(address, { tokens: Math.max(-this.#burst, tokens - 1), at: this.#clock.millis() });
    if (tokens >= 1) return;
    const retryAfterSeconds = Math.ceil((1 - tokens) / this.#perMs / 1_000);
    throw new FleetError(
      'rate_limited',
      `Too many attempts to join from this address have failed. Try again in ${retryAfterSeconds} s.`,
      { facts: { retryAfterSeconds, address } },
    );
  }

  #tokensOf(address: string): number {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) return this.#burst;
    return Math.min(this.#burst, bucket.tokens + Math.max(0, this.#clock.millis() - bucket.at) * this.#perMs);
  }
}
