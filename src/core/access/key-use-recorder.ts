import type { Service } from '#runtime/service.ts';
import type { KeyId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { storeApart } from '../kernel/store-apart.ts';
import { storeKeyUses } from './store.ts';

/**
 * Remembers when keys were used and writes it in one statement when told to: a reconciler does so every half minute and
 * at the end. What a crash loses is half a minute of `last_used_at`.
 */
export class KeyUseRecorder implements Service {
  readonly name = 'uses of keys';
  readonly #db: Queryable;
  #uses = new Map<KeyId, Date>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  readonly record = (id: KeyId, at: Date): void => {
    this.#uses.set(id, at);
  };

  /** There is nothing to start: a pass flushes it. */
  async start(): Promise<void> {}

  stop(): Promise<void> {
    return this.flush();
  }

  /** Uses that could not be written are kept for the next time; one that never can be is left out. Both are told. */
  async flush(): Promise<void> {
    const uses = [...this.#uses];
    this.#uses = new Map();
    const { refused, left, problem } = await storeApart(uses, (part) => storeKeyUses(this.#db, new Map(part)));
    this.#uses = new Map([...left, ...this.#uses]);
    if (left.length > 0) throw problem;
    if (refused[0] !== undefined) throw refused[0].error;
  }
}
