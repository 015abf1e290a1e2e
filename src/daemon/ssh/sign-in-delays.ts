import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';

/** Failed attempts that are remembered, by address and by name. */
const REMEMBERED = 4_096;
const FORGOTTEN_AFTER_MS = 15 * 60_000;
const FIRST_MS = 500;
const LONGEST_MS = 15_000;
/** Attempts of one address or name at the same time; further ones fail at once. */
const MOST_AT_ONCE = 8;

interface SignIn {
  readonly address: string;
  readonly username: string;
  /** Failures that cost no time. Default none. */
  readonly free?: number;
}

/**
 * Makes guessing slow: each failed attempt of an address, or on a name, is answered later than the one before, up to a quarter of a
 * minute, and attempts of one address or name are looked at one after the other. A right answer clears both.
 */
export class SignInDelays {
  readonly #failures = new LRUCache<string, number>({ max: REMEMBERED, ttl: FORGOTTEN_AFTER_MS });
  readonly #turns = new Map<string, { last: Promise<unknown>; waiting: number }>();
  readonly #wait: (ms: number) => Promise<unknown>;

  constructor(wait: (ms: number) => Promise<unknown> = (ms) => delay(ms, undefined, { ref: false })) {
    this.#wait = wait;
  }

  /** Asks whether it is right, in turn, and answers late where it is not. */
  async attempt({ address, username, free = 0 }: SignIn, isRight: () => Promise<boolean>): Promise<boolean> {
    const keys = [`address ${address}`, `name ${username}`] as const;
    return this.#inTurn(keys[0], () => this.#inTurn(keys[1], () => this.#ask(keys, free, isRight)));
  }

  async #ask(keys: readonly string[], free: number, isRight: () => Promise<boolean>): Promise<boolean> {
    if (await isRight()) {
      for (const key of keys) this.#failures.delete(key);
      return true;
    }
    const counts = keys.map((key) => (this.#failures.get(key) ?? 0) + 1);
    for (const [index, key] of keys.entries()) this.#failures.set(key, counts[index] ?? 1);
    const slowed = Math.max(...counts) - free;
    if (slowed > 0) await this.#wait(Math.min(LONGEST_MS, FIRST_MS * 2 ** (slowed - 1)));
    return false;
  }

  async #inTurn(key: string, act: () => Promise<boolean>): Promise<boolean> {
    const turn = this.#turns.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (turn.waiting >= MOST_AT_ONCE) return false;
    this.#turns.set(key, turn);
    turn.waiting += 1;
    const mine = turn.last.then(act, act);
    turn.last = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      turn.waiting -= 1;
      if (turn.waiting === 0) this.#turns.delete(key);
    }
  }
}
