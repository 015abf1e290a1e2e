import type { RunId } from '../kernel/ids.ts';

/** Nothing is shared for longer, signal or not: they may be missed. */
const SHARED_FOR_MS = 1_000;
/** What is kept for others, of all runs together; beyond it the oldest is let go. */
const MOST_BYTES = 32 * 1_048_576;

interface Shared {
  readonly runId: RunId;
  readonly value: Promise<unknown>;
  readonly readAt: number;
  bytes: number;
}

/**
 * What those who follow a run read from the database, once for all who ask for the same: a thousand readers of one run
 * are one read for each page. A read that began before something was committed is good for nobody who asks afterwards, so
 * the signals of a run make it forget. What is shared must not be changed.
 */
export class SharedReads {
  readonly #reads = new Map<string, Shared>();
  readonly #now: () => number;
  #bytes = 0;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param what is read of the run; with the tenant, where that decides what is found. */
  read<T>(runId: RunId, what: string, read: () => Promise<T>, bytesOf: (value: T) => number): Promise<T> {
    this.#forgetOld();
    const key = `${runId}/${what}`;
    const current = this.#reads.get(key);
    if (current !== undefined) return current.value as Promise<T>; // of the same `what`
    const value = read();
    const shared: Shared = { runId, value, readAt: this.#now(), bytes: 0 };
    this.#reads.set(key, shared);
    value.then(
      (found) => this.#weigh(key, shared, bytesOf(found)),
      () => this.#forget(key, shared),
    );
    return value;
  }

  /** Something about the run has been committed. */
  forget(runId: RunId): void {
    for (const [key, shared] of this.#reads) if (shared.runId === runId) this.#forget(key, shared);
  }

  #weigh(key: string, shared: Shared, bytes: number): void {
    if (this.#reads.get(key) !== shared) return;
    shared.bytes = bytes;
    this.#bytes += bytes;
    for (const [oldest, one] of this.#reads) {
      if (this.#bytes <= MOST_BYTES) return;
      this.#forget(oldest, one);
    }
  }

  /** They are in the order in which they were read. */
  #forgetOld(): void {
    const before = this.#now() - SHARED_FOR_MS;
    for (const [key, shared] of this.#reads) {
      if (shared.readAt > before) return;
      this.#forget(key, shared);
    }
  }

  #forget(key: string, shared: Shared): void {
    if (this.#reads.get(key) !== shared) return;
    this.#reads.delete(key);
    this.#bytes -= shared.bytes;
  }
}
