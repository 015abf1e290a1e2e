import type { LivePeers } from '#core/controllers/live-peers.ts';
import type { IssuerAddresses } from '#core/enrolment/issue-enrollment-token.ts';
import { hostPort } from '#runtime/host-port.ts';
import type { ListenAddress } from '#surfaces/http/listeners.ts';
import type { ControllerConfig } from './config.ts';
import { ownEndpoints } from './own-addresses.ts';

/** As many as a node keeps. */
const MOST_ENDPOINTS = 16;

/**
 * Where others find the controllers: this one where that is configured, else where it listens; the others as their leases
 * say. Listeners on a free port say which one they were given as soon as they are bound, before anything can ask for it.
 */
export class ReachableAddresses implements IssuerAddresses {
  readonly #config: ControllerConfig;
  readonly #peers: Pick<LivePeers, 'endpoints'>;
  readonly #readOwn: typeof ownEndpoints;
  #nodePort: number;
  #api: ListenAddress;
  #own: readonly string[] | undefined;
  #told: ReadonlySet<string> = new Set();

  constructor(config: ControllerConfig, peers: Pick<LivePeers, 'endpoints'>, readOwn = ownEndpoints) {
    this.#config = config;
    this.#peers = peers;
    this.#readOwn = readOwn;
    this.#nodePort = config.nodePort;
    this.#api = { host: config.apiHost, port: config.apiPort };
  }

  nodesListenOn(port: number): void {
    this.#nodePort = port;
    this.look();
  }

  apiListensOn(address: ListenAddress): void {
    this.#api = address;
  }

  /** Looks at the addresses of this machine again. */
  look(): void {
    this.#own = this.#readOwn(this.#config, this.#nodePort);
  }

  /** host:port of our own node listener, first preferred. */
  get own(): readonly string[] {
    if (this.#own === undefined) this.look();
    return this.#own ?? [];
  }

  /** The preferred address of each controller, this one first, then the second of each, and so on. */
  get endpoints(): readonly string[] {
    return inTurns([this.own, ...this.#peers.endpoints.map(outward)]);
  }

  /** For nodes that have to leave: the preferred address of each of the others; where there are none, our own. */
  get elsewhere(): readonly string[] {
    const others = this.#peers.endpoints.flatMap((peer) => outward(peer).slice(0, 1));
    return others.length > 0 ? [...new Set(others)].slice(0, MOST_ENDPOINTS) : this.own;
  }

  /** Whether there is an address that connected nodes have not been told; from now on they have. */
  takeNews(): boolean {
    const { endpoints } = this;
    if (endpoints.every((endpoint) => this.#told.has(endpoint))) return false;
    this.#told = new Set(endpoints);
    return true;
  }

  get adminUrls(): readonly string[] {
    return [this.publicUrl];
  }

  get publicUrl(): string {
    return this.#config.publicUrl ?? `http://${hostPort(this.#api.host, this.#api.port)}`;
  }
}

/** The loopback of another machine leads nowhere, unless it is all there is: then it is this machine. */
function outward(endpoints: readonly string[]): readonly string[] {
  const reachable = endpoints.filter((endpoint) => !/^(127\.|localhost:|\[::1\])/.test(endpoint));
  return reachable.length > 0 ? reachable : endpoints;
}

function inTurns(lists: readonly (readonly string[])[]): readonly string[] {
  const longest = Math.max(...lists.map((list) => list.length));
  const places = Array.from({ length: longest }, (_, place) => lists.flatMap((list) => list[place] ?? []));
  return [...new Set(places.flat())].slice(0, MOST_ENDPOINTS);
}

/** host:port for a client on this machine. */
export function dialable({ host, port }: ListenAddress): string {
  if (host === '0.0.0.0') return hostPort('127.0.0.1', port);
  return hostPort(host === '::' ? '::1' : host, port);
}
