/** Something is read again after it has moved: not sooner after the last time than it is worth, and never twice at once. */
export class Rereading {
  readonly #read: () => Promise<unknown>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #hasMoved = false;

  constructor(read: () => Promise<unknown>) {
    this.#read = read;
  }

  moved(everyMs: number): void {
    this.#hasMoved = true;
    if (this.#timer !== undefined || this.#isReading) return;
    const waitMs = Math.max(0, this.#readAt + everyMs - performance.now());
    this.#timer = setTimeout(() => void this.#again(everyMs), waitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hasMoved = false;
  }

  async #again(everyMs: number): Promise<void> {
    this.#timer = undefined;
    this.#hasMoved = false;
    this.#isReading = true;
    this.#readAt = performance.now();
    await this.#read().catch(() => undefined); // the query has its own error
    this.#isReading = false;
    if (this.#hasMoved) this.moved(everyMs);
  }
}
