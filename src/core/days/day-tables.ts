import { type MakeDaysDeps, makeDays } from './make-days.ts';

/** The tables of days, and when they were last made or found: without them nothing can be stored. */
export class DayTables {
  readonly #deps: MakeDaysDeps;
  /** By the steady clock of this process. */
  #madeAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: MakeDaysDeps) {
    this.#deps = deps;
  }

  get madeAgoMs(): number {
    return performance.now() - this.#madeAtMs;
  }

  async make(): Promise<void> {
    await makeDays(this.#deps);
    this.#madeAtMs = performance.now();
  }
}
