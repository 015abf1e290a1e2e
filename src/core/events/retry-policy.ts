/** How failed deliveries are tried again. */
export interface RetryPolicy {
  /** Attempts of one event, the first one too. */
  readonly maxAttempts: number;
  /** An event that is older is given up; 0: never. */
  readonly maxAgeMs: number;
  /** Before the second attempt; doubled before each further one. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** So many failures in a row, of whatever events, and the destination rests. */
  readonly failuresToRest: number;
  /** The first rest; doubled with each probe that fails. */
  readonly firstRestMs: number;
  readonly maxRestMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export const DEFAULT_RETRIES: RetryPolicy = {
  maxAttempts: 3,
  maxAgeMs: 3_600_000,
  firstDelayMs: 2_000,
  maxDelayMs: 60_000,
  failuresToRest: 5,
  firstRestMs: 5_000,
  maxRestMs: 120_000,
  random: Math.random,
};

/** Half of the time for certain and half by chance: a crowd is spread, and nobody is asked again at once. */
function jittered(ms: number, random: () => number): number {
  return ms / 2 + (ms / 2) * random();
}

/** After `attempts` failed ones. A destination that asks for more time has it, an hour at most. */
export function delayBefore(policy: RetryPolicy, attempts: number, retryAfterMs = 0): number {
  const delay = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.min(attempts - 1, 30));
  return Math.max(jittered(delay, policy.random), Math.min(retryAfterMs, 3_600_000));
}

export function restAfter(policy: RetryPolicy, failures: number): number {
  const beyond = Math.max(0, Math.min(failures - policy.failuresToRest, 30));
  return jittered(Math.min(policy.maxRestMs, policy.firstRestMs * 2 ** beyond), policy.random);
}
