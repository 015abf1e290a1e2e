import type { EventStream } from './event-stream.ts';

/** What all readers together may keep waiting, bytes; and what each may, however many there are. */
const BYTES_FOR_ALL = 64 * 1_048_576;
const MOST_BYTES_FOR_ONE = 1_048_576;
const FEWEST_BYTES_FOR_ONE = 32_768;

/** The event streams that are open, so that a stopping server can end them, and what waits for slow readers is bounded in all. */
export class OpenStreams {
  readonly #open = new Set<EventStream>();
  #isEnding = false;

  get size(): number {
    return this.#open.size;
  }

  /** Bytes that may wait for one reader: fewer, the more readers there are. */
  get bytesForEach(): number {
    const share = BYTES_FOR_ALL / Math.max(1, this.#open.size);
    return Math.max(FEWEST_BYTES_FOR_ONE, Math.min(MOST_BYTES_FOR_ONE, share));
  }

  add(stream: EventStream): void {
    if (this.#isEnding) {
      stream.end();
      return;
    }
    this.#open.add(stream);
    stream.over.addEventListener('abort', () => this.#open.delete(stream), { once: true });
  }

  /** Ends all, and every one that is added afterwards. */
  endAll(): void {
    this.#isEnding = true;
    for (const stream of this.#open) stream.end();
  }
}
