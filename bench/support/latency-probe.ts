import { percentile } from './sample.ts';

/** Asks every `everyMs`, whether the answer before has come or not, so that a stall is seen by everybody it keeps waiting. */
export class LatencyProbe {
  readonly #ask: () => Promise<unknown>;
  readonly #timer: NodeJS.Timeout;
  readonly #answers: Promise<number>[] = [];

  constructor(ask: () => Promise<unknown>, everyMs = 25) {
    this.#ask = ask;
    this.#timer = setInterval(() => this.#answers.push(this.#time()), everyMs);
  }

  /** Waits for the answers that are due, and returns the 99th percentile in milliseconds. */
  async end(): Promise<number> {
    clearInterval(this.#timer);
    const times = await Promise.all(this.#answers);
    return percentile(
      times.sort((left, right) => left - right),
      0.99,
    );
  }

  async #time(): Promise<number> {
    const start = performance.now();
    await this.#ask();
    return performance.now() - start;
  }
}
