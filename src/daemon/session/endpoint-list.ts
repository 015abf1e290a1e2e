/** host:port of the controllers we know of. An endpoint that works is stayed with; one that fails is followed by the next. */
export class EndpointList {
  #endpoints: readonly string[];
  #at = 0;

  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  get current(): string {
    return this.#endpoints[this.#at] ?? '';
  }

  get all(): readonly string[] {
    return this.#endpoints;
  }

  /** The current one did not work. */
  advance(): void {
    this.#at = (this.#at + 1) % Math.max(1, this.#endpoints.length);
  }

  /**
   * A controller says where controllers are. What was known before stays at the end of the list: a controller that names
   * addresses nobody can reach must not cut us off.
   */
  learn(endpoints: readonly string[]): void {
    const { current } = this;
    this.#endpoints = [...new Set([...endpoints, ...this.#endpoints])].slice(0, MAX_ENDPOINTS);
    this.#at = Math.max(0, this.#endpoints.indexOf(current));
  }

  /** Go there next. */
  prefer(endpoints: readonly string[]): void {
    this.learn(endpoints);
    this.#at = 0;
  }
}

const MAX_ENDPOINTS = 16;
