import type { KeyId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { storeKeyUses } from './store.ts';

/**
 * Remembers when keys were used and writes it in one statement when told to: a reconciler does so every half minute and
 * at the end. What a crash loses is half a minute of `last_used_at`.
 */
export class KeyUseRecorder {
  readonly #db: Queryable;
  #uses = new Map<KeyId, Date>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  readonly record = (id: KeyId, at: Date): void => {
    this.#uses.set(id, at);
  };

  /** Uses that could not be written are kept for the next time. */
  async flush(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    try {
      await storeKeyUses(this.#db, uses);
    } catch (error) {
      this.#uses = new Map([...uses, ...this.#uses]);
      throw error;
    }
  }
}
