import { setTimeout as delay } from 'node:timers/promises';

export interface BandwidthLimitOptions {
  /** What was not used of so many milliseconds may be used later, all at once. Default: nothing. */
  readonly burstMs?: number;
}

/** Bytes a second that all who pass through it share. What has passed is paid for before the next may. */
export class BandwidthLimit {
  readonly #bytesPerMs: number;
  readonly #burstMs: number;
  #freeAtMs = 0;

  /** @param bytesPerSecond Infinity: no limit. */
  constructor(bytesPerSecond: number, { burstMs = 0 }: BandwidthLimitOptions = {}) {
    this.#bytesPerMs = bytesPerSecond / 1_000;
    this.#burstMs = burstMs;
  }

  /** Counts them. @returns how many milliseconds from now they have to wait before they may pass */
  reserve(bytes: number): number {
    const now = performance.now();
    const startsAt = Math.max(now - this.#burstMs, this.#freeAtMs);
    this.#freeAtMs = startsAt + bytes / this.#bytesPerMs;
    return Math.max(0, startsAt - now);
  }

  /** Resolves when `bytes` may pass. @throws when the signal aborts */
  async pass(bytes: number, signal?: AbortSignal): Promise<void> {
    const waitMs = this.reserve(bytes);
    if (waitMs > 0) await delay(waitMs, undefined, { ...(signal && { signal }) });
  }

  async *through(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      await this.pass(piece.length);
      yield piece;
    }
  }
}
