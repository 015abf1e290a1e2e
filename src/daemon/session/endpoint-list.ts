import { readEndpoint } from './endpoint.ts';

/** Most controllers' addresses a node knows. */
export const MAX_ENDPOINTS = 16;

/**
 * host:port of the controllers we know of. The one that has worked last is home: a round begins there, and goes on in random
 * order, so that the nodes of a controller that is gone do not all go to the same one. Nothing here is trusted: whoever
 * answers at an address has to show a certificate of the authority this node was given when it joined.
 */
export class EndpointList {
  readonly #random: () => number;
  #endpoints: readonly string[];
  #current: string;
  /** In this round. */
  readonly #failed = new Set<string>();

  constructor(endpoints: readonly string[], random: () => number = Math.random) {
    this.#random = random;
    this.#endpoints = endpoints.slice(0, MAX_ENDPOINTS);
    this.#current = this.home;
  }

  get current(): string {
    return this.#current;
  }

  /** Home first. */
  get all(): readonly string[] {
    return this.#endpoints;
  }

  get home(): string {
    return this.#endpoints[0] ?? '';
  }

  /** The current one did not work. False when none of this round is left, and the next one begins at home. */
  failed(): boolean {
    this.#failed.add(this.#current);
    const left = this.#endpoints.filter((endpoint) => !this.#failed.has(endpoint));
    if (left.length === 0) this.#failed.clear();
    this.#current = this.#anyOf(left) ?? this.home;
    return left.length > 0;
  }

  /** The current one is home now, and says where controllers are. */
  worked(told: readonly string[]): void {
    this.#failed.clear();
    this.#endpoints = merge([this.#current], told, this.#endpoints);
  }

  /** What was known before stays at the end of the list: addresses nobody can reach must not cut us off. */
  learn(told: readonly string[]): void {
    this.#endpoints = merge([this.home], told, this.#endpoints);
  }

  /** A controller sends us to one of these; where it names itself, we stay. */
  goTo(told: readonly string[]): void {
    this.learn(told);
    this.#failed.clear();
    const known = told.flatMap((endpoint) => readEndpoint(endpoint) ?? []);
    if (!known.includes(this.#current)) this.#current = this.#anyOf(known) ?? this.#current;
  }

  #anyOf(endpoints: readonly string[]): string | undefined {
    return endpoints[Math.floor(this.#random() * endpoints.length)];
  }
}

/** What cannot be read is left out: it may be of a later version. */
function merge(first: readonly string[], told: readonly string[], known: readonly string[]): readonly string[] {
  const readable = told.flatMap((endpoint) => readEndpoint(endpoint) ?? []);
  return [...new Set([...first, ...readable, ...known])].filter((one) => one !== '').slice(0, MAX_ENDPOINTS);
}
