/** The queue has been closed: nothing can be put in, and what was in it has been taken. */
export class QueueClosed extends Error {
  constructor() {
    super('the queue is closed');
    this.name = 'QueueClosed';
  }
}

/**
 * First in, first out, with room for `capacity` items. At the bound `tryPut` refuses and `put` waits, in order of
 * arrival: a fast producer is slowed down and memory does not grow. After `close` what is inside can still be taken.
 */
export class BoundedQueue<Item> implements AsyncIterable<Item> {
  readonly capacity: number;
  readonly #items: Item[] = [];
  /** Wait for room, each with its item. Only while the queue is full. */
  readonly #producers = new Set<{ item: Item; done: PromiseWithResolvers<void> }>();
  /** Wait for an item. Only while the queue is empty. */
  readonly #consumers = new Set<PromiseWithResolvers<Item>>();
  #isClosed = false;

  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new RangeError(`a queue needs room for at least one item, not ${capacity}`);
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** False when there is no room. @throws QueueClosed */
  tryPut(item: Item): boolean {
    if (this.#isClosed) throw new QueueClosed();
    const [consumer] = this.#consumers;
    if (consumer !== undefined) {
      this.#consumers.delete(consumer);
      consumer.resolve(item);
      return true;
    }
    if (this.#items.length >= this.capacity) return false;
    this.#items.push(item);
    return true;
  }

  /** Waits for room. @throws QueueClosed, or the reason of `signal`; the item is not in the queue then */
  async put(item: Item, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.tryPut(item)) return;
    const producer = { item, done: Promise.withResolvers<void>() };
    this.#producers.add(producer);
    await unlessAborted(producer.done, signal, () => this.#producers.delete(producer));
  }

  /** Waits for an item. @throws QueueClosed once it is closed and empty, or the reason of `signal` */
  async take(signal?: AbortSignal): Promise<Item> {
    signal?.throwIfAborted();
    if (this.#items.length > 0) {
      const item = this.#items.shift() as Item; // not empty
      this.#letProducerIn();
      return item;
    }
    if (this.#isClosed) throw new QueueClosed();
    const consumer = Promise.withResolvers<Item>();
    this.#consumers.add(consumer);
    return unlessAborted(consumer, signal, () => this.#consumers.delete(consumer));
  }

  /** Nothing goes in any more: who waits for room is told. What is inside can still be taken; then takers are told. */
  close(): void {
    this.#isClosed = true;
    for (const { done } of this.#producers) done.reject(new QueueClosed());
    for (const consumer of this.#consumers) consumer.reject(new QueueClosed());
    this.#producers.clear();
    this.#consumers.clear();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (;;) {
      try {
        yield await this.take();
      } catch (error) {
        if (error instanceof QueueClosed) return;
        throw error;
      }
    }
  }

  #letProducerIn(): void {
    const [producer] = this.#producers;
    if (producer === undefined) return;
    this.#producers.delete(producer);
    this.#items.push(producer.item);
    producer.done.resolve();
  }
}

async function unlessAborted<T>(
  turn: PromiseWithResolvers<T>,
  signal: AbortSignal | undefined,
  leave: () => void,
): Promise<T> {
  const abort = () => {
    leave();
    turn.reject(signal?.reason);
  };
  signal?.addEventListener('abort', abort);
  try {
    return await turn.promise;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
