/** The other controllers that are alive, as the latest renewal of the lease found them; none before the first. */
export class LivePeers {
  #endpoints: readonly (readonly string[])[] = [];
  readonly #listeners = new Set<() => void>();

  get count(): number {
    return this.#endpoints.length;
  }

  get areThere(): boolean {
    return this.count > 0;
  }

  /** Where nodes reach each of them, by their names: host:port, first preferred. */
  get endpoints(): readonly (readonly string[])[] {
    return this.#endpoints;
  }

  /** Calls back when others have come, gone or moved. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  note(endpoints: readonly (readonly string[])[]): void {
    const hasChanged = JSON.stringify(endpoints) !== JSON.stringify(this.#endpoints);
    this.#endpoints = endpoints;
    if (hasChanged) for (const listener of this.#listeners) listener();
  }
}
