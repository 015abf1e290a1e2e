import { LRUCache } from 'lru-cache';
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

/**
 * A token bucket per address, of attempts to join that failed: whoever guesses waits, while a factory of hosts behind one
 * address joins in a minute. Attempts that were under way together may overdraw it, by one burst at most. Each controller
 * counts for itself.
 */
export class JoinAttempts {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  readonly #buckets = new LRUCache<string, { tokens: number; at: number }>({ max: ADDRESSES_REMEMBERED });

  constructor({ clock, perMinute = 60, burst = 60 }: JoinAttemptsOptions) {
    this.#clock = clock;
    this.#perMs = perMinute / 60_000;
    this.#burst = burst;
  }

  /** @throws FleetError `rate_limited`. */
  check(address: string): void {
    const tokens = this.#tokensOf(address);
    if (tokens >= 1) return;
    const retryAfterSeconds = Math.ceil((1 - tokens) / this.#perMs / 1_000);
    throw new FleetError(
      'rate_limited',
      `Too many attempts to join from this address. Try again in ${retryAfterSeconds} s.`,
      { facts: { retryAfterSeconds, address } },
    );
  }

  countFailure(address: string): void {
    const tokens = Math.max(-this.#burst, this.#tokensOf(address) - 1);
    this.#buckets.set(address, { tokens, at: this.#clock.millis() });
  }

  #tokensOf(address: string): number {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) return this.#burst;
    return Math.min(this.#burst, bucket.tokens + Math.max(0, this.#clock.millis() - bucket.at) * this.#perMs);
  }
}
