/**
 * How many calls one caller may make: within a minute, by a pin within a minute, and at once. A model that repeats itself must not
 * keep a controller busy. Each controller counts for itself.
 */
import type { Clock } from '#core/kernel/clock.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { RateClass } from '#surfaces/http/operation.ts';
import { RateLimiter } from '#surfaces/http/rate-limiter.ts';
import type { ToolAnswer } from './answer.ts';

export interface MostCalls {
  readonly callsPerMinute: number;
  readonly startsPerMinute: number;
}

/** Calls of one caller under way; waits are calls too. */
const MOST_AT_ONCE = 4;
/** A call that waits may last so long that there is no better guess when it ends. */
const AT_ONCE_RETRY_MS = 1_000;

export class CallLimits {
  readonly #rates: RateLimiter;
  readonly #calls: RateClass;
  readonly #starts: RateClass;
  readonly #open = new Map<string, number>();

  constructor(clock: Clock, { callsPerMinute, startsPerMinute }: MostCalls) {
    this.#rates = new RateLimiter(clock);
    this.#calls = { name: 'calls', burst: callsPerMinute, perMinute: callsPerMinute, by: 'principal' };
    this.#starts = { name: 'starts', burst: startsPerMinute, perMinute: startsPerMinute, by: 'principal' };
  }

  /** Does the call when there is room for it, else says when there will be. */
  async within(
    { tenantId, subject }: Principal,
    isStart: boolean,
    call: () => Promise<ToolAnswer>,
  ): Promise<ToolAnswer> {
    const caller = `${tenantId}/${subject}`;
    const open = this.#open.get(caller) ?? 0;
    if (open >= MOST_AT_ONCE) return limited(`${MOST_AT_ONCE} calls at once`, AT_ONCE_RETRY_MS);
    for (const rate of isStart ? [this.#calls, this.#starts] : [this.#calls]) {
      const { isAllowed, retryAfterSeconds } = this.#rates.take(rate, caller);
      if (!isAllowed) return limited(`${rate.perMinute} ${rate.name} a minute`, retryAfterSeconds * 1_000);
    }
    this.#open.set(caller, open + 1);
    try {
      return await call();
    } finally {
      this.#leave(caller);
    }
  }

  #leave(caller: string): void {
    const left = (this.#open.get(caller) ?? 1) - 1;
    if (left === 0) this.#open.delete(caller);
    else this.#open.set(caller, left);
  }
}

function limited(most: string, retryAfterMs: number): ToolAnswer {
  const message = `this caller may make ${most}`;
  return {
    facts: { code: 'rate_limited', message, retry_after_ms: retryAfterMs, next: 'Wait as long, then call again.' },
    isError: true,
  };
}
