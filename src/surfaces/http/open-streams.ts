import type { EventStream } from './event-stream.ts';

/** The event streams that are open, so that a stopping server can end them. */
export class OpenStreams {
  readonly #open = new Set<EventStream>();
  #isEnding = false;

  get size(): number {
    return this.#open.size;
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
