import type { IssuerAddresses } from '#core/enrolment/issue-enrollment-token.ts';
import type { ControllerConfig } from './config.ts';
import { hostPort, ownAddresses } from './own-addresses.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Where others find this controller: what is configured, else where it listens. Listeners on a free port say which one
 * they were given as soon as they are bound, before anything can ask for it.
 */
export class ReachableAddresses implements IssuerAddresses {
  readonly #config: ControllerConfig;
  #nodePort: number;
  #api: ListenAddress;

  constructor(config: ControllerConfig) {
    this.#config = config;
    this.#nodePort = config.nodePort;
    this.#api = { host: config.apiHost, port: config.apiPort };
  }

  nodesListenOn(port: number): void {
    this.#nodePort = port;
  }

  apiListensOn(address: ListenAddress): void {
    this.#api = address;
  }

  /** host:port of the node listener, first preferred. */
  get endpoints(): readonly string[] {
    const { nodeEndpoints, nodeHost } = this.#config;
    if (nodeEndpoints.length > 0) return nodeEndpoints;
    return hostsOf(nodeHost).map((host) => hostPort(host, this.#nodePort));
  }

  get adminUrls(): readonly string[] {
    return [this.publicUrl];
  }

  get publicUrl(): string {
    return this.#config.publicUrl ?? `http://${hostPort(this.#api.host, this.#api.port)}`;
  }
}

/** Everywhere means every address of this machine, the loopback last. */
function hostsOf(host: string): string[] {
  return host === '0.0.0.0' || host === '::' ? [...ownAddresses(), '127.0.0.1'] : [host];
}

/** host:port for a client on this machine. */
export function dialable({ host, port }: ListenAddress): string {
  if (host === '0.0.0.0') return hostPort('127.0.0.1', port);
  return hostPort(host === '::' ? '::1' : host, port);
}
