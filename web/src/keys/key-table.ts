/**
 * Which keys do something now. Screens register theirs while they are shown; of two that want the same key the later one has
 * it. Keys are single characters, names such as `Escape`, `Control+k`, or two in a row such as `g n`.
 */
export interface KeyAction {
  readonly keys: string;
  readonly what: string;
  readonly run: () => void;
}

/** The second of two keys is waited for that long. */
const SEQUENCE_MS = 1_200;

export class KeyTable {
  readonly #actions: KeyAction[] = [];
  #first: { readonly key: string; readonly at: number } | undefined;

  add(action: KeyAction): () => void {
    this.#actions.push(action);
    return () => {
      const at = this.#actions.indexOf(action);
      if (at >= 0) this.#actions.splice(at, 1);
    };
  }

  /** In the order in which they came; one for each key. */
  list(): readonly KeyAction[] {
    return [...new Map(this.#actions.map((action) => [action.keys, action])).values()];
  }

  /** Runs what the key means. True when it meant something, the beginning of a sequence too. */
  press(key: string, now: number): boolean {
    const first = this.#first !== undefined && now - this.#first.at <= SEQUENCE_MS ? this.#first.key : undefined;
    this.#first = undefined;
    const action = (first === undefined ? undefined : this.#find(`${first} ${key}`)) ?? this.#find(key);
    if (action !== undefined) {
      action.run();
      return true;
    }
    const isBeginning = this.#actions.some(({ keys }) => keys.startsWith(`${key} `));
    if (isBeginning) this.#first = { key, at: now };
    return isBeginning;
  }

  #find(keys: string): KeyAction | undefined {
    return this.#actions.findLast((action) => action.keys === keys);
  }
}
