import { workApart } from './work-apart.ts';

export interface BatcherOptions<Item, Result> {
  /** Does the work for a whole batch, or none of it; results in the order of the items. */
  flush(items: readonly Item[]): Promise<readonly Result[]>;
  /** Whether a flush failed through one of its items: the batch is taken apart, and only that item fails. Other errors fail all of it. */
  isFaultOfItem(error: unknown): boolean;
  /** Largest batch. Default 500. */
  readonly maxItems?: number;
  /** Longest wait of the first item of a batch while nothing is in flight. Default 5 ms; 0: the rest of this turn. */
  readonly maxWaitMs?: number;
  /** Batches at work at the same time. With 1, the default, batches end in order. */
  readonly maxInFlight?: number;
  /** Most items that wait. Default 20 × `maxItems`. */
  readonly maxWaiting?: number;
}

/** More waits than may. Whoever produces faster than can be worked must slow down or drop. */
export class BatcherFull extends Error {
  constructor(waiting: number) {
    super(`${waiting} items wait already`);
    this.name = 'BatcherFull';
  }
}

export class BatcherStopped extends Error {
  constructor() {
    super('no more items are taken');
    this.name = 'BatcherStopped';
  }
}

interface Entry<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Turns many small pieces of work into few large ones. A batch leaves when it is full, when its first item has waited
 * `maxWaitMs`, or, under load, as soon as the one before it is done: a busy batcher never waits for its timer.
 *
 * At the bound `add` rejects with `BatcherFull`; `room` lets a producer wait instead.
 */
export class Batcher<Item, Result = void> {
  readonly #flush: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #isFaultOfItem: (error: unknown) => boolean;
  readonly #maxItems: number;
  readonly #maxWaitMs: number;
  readonly #maxInFlight: number;
  readonly #maxWaiting: number;
  readonly #waiting: Entry<Item, Result>[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #isStopped = false;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(options: BatcherOptions<Item, Result>) {
    this.#flush = (items) => options.flush(items);
    this.#isFaultOfItem = (error) => options.isFaultOfItem(error);
    this.#maxItems = options.maxItems ?? 500;
    this.#maxWaitMs = options.maxWaitMs ?? 5;
    this.#maxInFlight = options.maxInFlight ?? 1;
    this.#maxWaiting = options.maxWaiting ?? 20 * this.#maxItems;
  }

  /** Items that are not at work yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with the item's own result once its batch is done. */
  add(item: Item): Promise<Result> {
    if (this.#isStopped) return Promise.reject(new BatcherStopped());
    if (this.#waiting.length >= this.#maxWaiting) return Promise.reject(new BatcherFull(this.#waiting.length));
    const done = Promise.withResolvers<Result>();
    this.#waiting.push({ item, resolve: done.resolve, reject: done.reject });
    this.#pump();
    return done.promise;
  }

  /** Resolves when an item can be added. */
  async room(): Promise<void> {
    while (this.#waiting.length >= this.#maxWaiting) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  /** Resolves when everything added so far is done, well or badly. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#inFlight.size > 0) {
      this.#isDue = this.#waiting.length > 0;
      this.#pump();
      await Promise.race(this.#inFlight);
    }
  }

  /** Takes nothing more and resolves when the rest is done. Stopping twice is harmless. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.drain();
  }

  #pump(): void {
    while (this.#inFlight.size < this.#maxInFlight && this.#waiting.length > 0 && this.#mustLeave()) this.#send();
    if (this.#inFlight.size < this.#maxInFlight && this.#waiting.length > 0) {
      this.#timer ??= setTimeout(() => this.#expire(), this.#maxWaitMs);
    }
  }

  #mustLeave(): boolean {
    return this.#isDue || this.#waiting.length >= this.#maxItems;
  }

  #expire(): void {
    this.#timer = undefined;
    this.#isDue = true;
    this.#pump();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    const batch = this.#work(this.#waiting.splice(0, this.#maxItems)).then(() => {
      this.#inFlight.delete(batch);
      this.#isDue = this.#waiting.length > 0; // they have waited for this batch: that was long enough
      this.#pump();
    });
    this.#inFlight.add(batch);
    this.#room?.resolve();
    this.#room = undefined;
  }

  async #work(entries: readonly Entry<Item, Result>[]): Promise<void> {
    const items = entries.map((entry) => entry.item);
    const outcomes = await workApart(items, this.#flush, this.#isFaultOfItem);
    entries.forEach((entry, place) => {
      const outcome = outcomes[place] as PromiseSettledResult<Result>; // one for each
      if (outcome.status === 'fulfilled') entry.resolve(outcome.value);
      else entry.reject(outcome.reason);
    });
  }
}
