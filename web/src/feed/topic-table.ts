/** Which tab wants which topics. A tab that has not been heard of for a while is gone without having said so. */
const HEARD_WITHIN_MS = 60_000;

export class TopicTable {
  readonly #tabs = new Map<string, { readonly topics: readonly string[]; readonly heardAt: number }>();

  set(tab: string, topics: readonly string[], now: number): void {
    if (topics.length === 0) this.#tabs.delete(tab);
    else this.#tabs.set(tab, { topics, heardAt: now });
  }

  remove(tab: string): void {
    this.#tabs.delete(tab);
  }

  /** Every topic once, sorted, so that two unions can be compared as text. */
  union(now: number): readonly string[] {
    for (const [tab, { heardAt }] of this.#tabs) if (now - heardAt > HEARD_WITHIN_MS) this.#tabs.delete(tab);
    return [...new Set([...this.#tabs.values()].flatMap(({ topics }) => topics))].toSorted();
  }
}
