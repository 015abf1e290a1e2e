/** How many other controllers are alive, as the latest renewal of the lease found; 0 before the first. */
export class LivePeers {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get areThere(): boolean {
    return this.#count > 0;
  }

  note(count: number): void {
    this.#count = count;
  }
}
