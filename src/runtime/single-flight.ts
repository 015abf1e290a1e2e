/** Calls for the same key that overlap share one execution and its outcome. Nothing is kept once it is over. */
export class SingleFlight<Key, Result> {
  readonly #flights = new Map<Key, Promise<Result>>();

  run(key: Key, work: () => Promise<Result>): Promise<Result> {
    const current = this.#flights.get(key);
    if (current !== undefined) return current;
    const flight = (async () => work())().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  /** Keys at work. */
  get size(): number {
    return this.#flights.size;
  }
}
