import { setImmediate as nextTurn } from 'node:timers/promises';

/** Smaller ones are read as they come. */
const LARGE_CHARACTERS = 65_536;

/**
 * Large bodies are read one at a time, each in a turn of the event loop of its own: several that arrive together would
 * otherwise be parsed and checked in one go, and everybody else would wait for all of them.
 */
export class LargeBodies {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when `text` may be read: at once for a small one. */
  turnFor(text: string): Promise<void> | undefined {
    if (text.length < LARGE_CHARACTERS) return undefined;
    const turn = this.#last.then(() => nextTurn());
    this.#last = turn;
    return turn;
  }
}
