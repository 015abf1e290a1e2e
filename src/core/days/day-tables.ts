import { type MakeDaysDeps, makeDays } from './make-days.ts';

export type DayTablesParts = MakeDaysDeps;

/** The tables of days, and when they were last made or found: without them nothing can be stored. */
export class DayTables {
  readonly #parts: DayTablesParts;
  /** By the steady clock of this process. */
  #madeAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: DayTablesParts) {
    this.#parts = parts;
  }

  get madeAgoMs(): number {
    return performance.now() - this.#madeAtMs;
  }

  async make(): Promise<void> {
    await makeDays(this.#parts);
    this.#madeAtMs = performance.now();
  }
}
