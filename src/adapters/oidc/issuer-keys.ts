import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import type { Clock } from '#core/kernel/clock.ts';
import { SingleFlight } from '#runtime/single-flight.ts';

/** Fetched again in the background when older. */
const FRESH_MS = 10 * 60_000;
/** Used no longer than this when the issuer cannot be reached. */
const STALE_MS = 60 * 60_000;
/** Between two fetches, so that made-up key ids cannot make us hammer the issuer. */
const COOLDOWN_MS = 30_000;

type FindKeys = ReturnType<typeof createLocalJWKSet>;

/** The issuer does not give its keys, and those we have are too old. */
export class KeysUnavailable extends Error {
  constructor(issuer: string, cause?: unknown) {
    super(`the keys of ${issuer} cannot be fetched`, { cause });
    this.name = 'KeysUnavailable';
  }
}

/**
 * The public keys of one issuer.
 * - none yet, or older than an hour: a token waits for them; one that cannot have them is told `KeysUnavailable`
 * - older than ten minutes: used as they are while new ones are fetched behind the scenes
 * - a key id that is not among them: fetched once more (the issuer has rotated), at most every 30 s
 */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #clock: Clock;
  readonly #fetchKeys: () => Promise<JSONWebKeySet>;
  readonly #flight = new SingleFlight<'fetch', void>();
  #keys: { find: FindKeys; fetchedAt: number } | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;

  constructor(issuer: string, clock: Clock, fetchKeys: () => Promise<JSONWebKeySet>) {
    this.#issuer = issuer;
    this.#clock = clock;
    this.#fetchKeys = fetchKeys;
  }

  /** Calls `attempt` with the keys, and once more with newer ones when it finds no key that fits. */
  async use<T>(attempt: (find: FindKeys) => Promise<T>): Promise<T> {
    const keys = await this.#current();
    try {
      return await attempt(keys.find);
    } catch (error) {
      const isUnknownKey = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknownKey || !(await this.#fetchUnlessTooSoon()) || this.#keys === keys || !this.#keys) throw error;
      return attempt(this.#keys.find);
    }
  }

  async #current(): Promise<{ find: FindKeys; fetchedAt: number }> {
    const age = this.#keys === undefined ? Number.POSITIVE_INFINITY : this.#clock.millis() - this.#keys.fetchedAt;
    if (age > STALE_MS) await this.#fetchUnlessTooSoon();
    else if (age > FRESH_MS) void this.#fetchUnlessTooSoon();
    const keys = this.#keys;
    if (keys === undefined || this.#clock.millis() - keys.fetchedAt > STALE_MS)
      throw new KeysUnavailable(this.#issuer, this.#failure);
    return keys;
  }

  /** Whether the keys have just been fetched, by us or by somebody we waited for. Never rejects. */
  async #fetchUnlessTooSoon(): Promise<boolean> {
    const isTooSoon = this.#flight.size === 0 && this.#clock.millis() - this.#triedAt < COOLDOWN_MS;
    if (isTooSoon) return false;
    await this.#flight.run('fetch', () => this.#fetch());
    return this.#failure === undefined;
  }

  async #fetch(): Promise<void> {
    this.#triedAt = this.#clock.millis();
    try {
      const set = await this.#fetchKeys();
      this.#keys = { find: createLocalJWKSet(set), fetchedAt: this.#clock.millis() };
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
  }
}
