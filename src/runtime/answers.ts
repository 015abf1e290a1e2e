/**
 * Answers that are waited for, each for a time only, and all of them no longer once it is known that none will come. Unlike a
 * race with one promise that lives long, nothing is kept of an answer that has come.
 */
export class Answers {
  readonly #waiting = new Set<(error: Error) => void>();
  #gone: Error | undefined;

  get size(): number {
    return this.#waiting.size;
  }

  /** @throws what `late` makes, after `ms`; what was given to `giveUp` */
  async within<T>(ms: number, answer: Promise<T>, late: () => Error): Promise<T> {
    if (this.#gone !== undefined) {
      answer.catch(() => {}); // nobody waits for it
      throw this.#gone;
    }
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => end(reject, late()), ms);
      const giveUp = (error: Error) => end(reject, error);
      const end = <V>(settle: (value: V) => void, value: V) => {
        clearTimeout(timer);
        this.#waiting.delete(giveUp);
        settle(value);
      };
      this.#waiting.add(giveUp);
      answer.then(
        (value) => end(resolve, value),
        (error) => end(reject, error),
      );
    });
  }

  /** No answer will come any more, now or later. */
  giveUp(error: Error): void {
    this.#gone ??= error;
    for (const one of [...this.#waiting]) one(error);
  }
}
