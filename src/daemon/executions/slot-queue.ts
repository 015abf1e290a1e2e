/** A bounded number of slots, and who waits for one, first come, first served. */
export class SlotQueue<Waiter> {
  readonly #onSlot: (waiter: Waiter) => void;
  readonly #waiters = new Set<Waiter>();
  #size: number;
  #taken = 0;
  #isClosed = false;

  /** @param onSlot the waiter has a slot from now on, until `release`. */
  constructor(size: number, onSlot: (waiter: Waiter) => void) {
    this.#size = size;
    this.#onSlot = onSlot;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  get free(): number {
    return this.#size - this.#taken;
  }

  /** A slot at once, unless there is none or somebody waits already. */
  tryTake(): boolean {
    if (this.#isClosed || this.free <= 0 || this.#waiters.size > 0) return false;
    this.#taken += 1;
    return true;
  }

  /** Whether there is one or not: whoever takes it is at work already. */
  take(): void {
    this.#taken += 1;
  }

  wait(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#handOut();
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  release(): void {
    this.#taken -= 1;
    this.#handOut();
  }

  resize(size: number): void {
    this.#size = size;
    this.#handOut();
  }

  /** Hands out no more slots. */
  close(): void {
    this.#isClosed = true;
  }

  #handOut(): void {
    for (const waiter of this.#waiters) {
      if (this.#isClosed || this.free <= 0) return;
      this.#waiters.delete(waiter);
      this.#taken += 1;
      this.#onSlot(waiter);
    }
  }
}
