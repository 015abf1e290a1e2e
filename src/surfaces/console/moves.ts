/** What is told at once of one topic. */
export interface Frame {
  readonly event: string;
  readonly data: object;
}

/** Beyond this a frame says only that there are more. */
const MOST_IDS = 100;

/** What has moved of the topics that somebody watches, since it was last told. */
export class Moves {
  readonly #topics: ReadonlySet<string>;
  readonly #lists = new Map<string, Set<string>>();
  readonly #things = new Map<string, Frame>();
  #isLost = false;

  constructor(topics: ReadonlySet<string>) {
    this.#topics = topics;
  }

  inList(list: string, id: string): void {
    if (!this.#topics.has(list)) return;
    const ids = this.#lists.get(list) ?? new Set();
    this.#lists.set(list, ids);
    if (ids.size <= MOST_IDS) ids.add(id);
  }

  thing(kind: string, id: string): void {
    if (this.#topics.has(`${kind}:${id}`)) this.#things.set(`${kind}:${id}`, { event: kind, data: { id } });
  }

  /** Something could not be told. */
  lose(): void {
    this.#isLost = true;
  }

  /** One frame for each topic; one alone that says to read everything again where something was lost. */
  take(): Frame[] {
    const frames = this.#isLost ? [{ event: 'reload', data: {} }] : [...this.#listFrames(), ...this.#things.values()];
    this.#isLost = false;
    this.#lists.clear();
    this.#things.clear();
    return frames;
  }

  #listFrames(): Frame[] {
    return [...this.#lists].map(([event, ids]) => ({
      event,
      data: { ids: [...ids].slice(0, MOST_IDS), more: ids.size > MOST_IDS },
    }));
  }
}
