import { setTimeout as delay } from 'node:timers/promises';

/** Bytes a second that all who pass through it share. What has passed is paid for before the next may. */
export class BandwidthLimit {
  readonly #bytesPerMs: number;
  #freeAtMs = 0;

  /** @param bytesPerSecond Infinity: no limit. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1_000;
  }

  /** Resolves when `bytes` may pass. @throws when the signal aborts */
  async pass(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const startsAt = Math.max(now, this.#freeAtMs);
    this.#freeAtMs = startsAt + bytes / this.#bytesPerMs;
    if (startsAt > now) await delay(startsAt - now, undefined, { ...(signal && { signal }) });
  }

  async *through(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      await this.pass(piece.length);
      yield piece;
    }
  }
}
