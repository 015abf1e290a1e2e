import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';

export interface JoinAttemptsOptions {
  readonly clock: Clock;
  /** Attempts per minute and address in the long run. Default 60. */
  readonly perMinute?: number;
  /** Attempts that may come at once: hosts behind one NAT have one address. Default 60. */
  readonly burst?: number;
}

const ADDRESSES_REMEMBERED = 10_000;

/** A token bucket per address. Each controller counts for itself. */
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
  count(address: string): void {
    const now = this.#clock.millis();
    const bucket = this.#buckets.get(address) ?? { tokens: this.#burst, at: now };
    const tokens = Math.min(this.#burst, bucket.tokens + Math.max(0, now - bucket.at) * this.#perMs);
    this.#buckets.set(address, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (tokens >= 1) return;
    const retryAfterSeconds = Math.ceil((1 - tokens) / this.#perMs / 1_000);
    throw new FleetError(
      'rate_limited',
      `Too many attempts to join from this address. Try again in ${retryAfterSeconds} s.`,
      { facts: { retryAfterSeconds, address } },
    );
  }
}
