/** Where time comes from, so that tests can move it. */
export interface Clock {
  /** The instant now. */
  now(): Date;
  /** Milliseconds since the Unix epoch. */
  millis(): number;
}

/** @internal for tests and benches */
export const systemClock: Clock = {
  now: () => new Date(),
  millis: () => Date.now(),
};

/** A clock that stands still until it is moved. @internal for tests */
export class ManualClock implements Clock {
  #millis: number;

  constructor(start: Date | number = Date.now()) {
    this.#millis = typeof start === 'number' ? start : start.getTime();
  }

  now(): Date {
    return new Date(this.#millis);
  }

  millis(): number {
    return this.#millis;
  }

  advance(ms: number): void {
    this.#millis += ms;
  }
}
