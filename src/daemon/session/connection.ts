import type { NodeServiceClient } from '#protocol/gen/garrison/node/v1/node.ts';
import { certificateLife, type Identity } from '../identity/identity.ts';
import type { SessionLink } from './session-link.ts';

/** One connection to a controller, from the first attempt to its end, with everything that ends with it. */
export class Connection {
  readonly endpoint: string;
  readonly client: NodeServiceClient;
  readonly identity: Identity;
  readonly #leave = new AbortController();
  #link: SessionLink | undefined;
  #openedAt: number | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(endpoint: string, client: NodeServiceClient, identity: Identity) {
    this.endpoint = endpoint;
    this.client = client;
    this.identity = identity;
  }

  /** The serial of the certificate it was made with. */
  get serial(): string {
    return certificateLife(this.identity).serial;
  }

  /** Once its session is open. */
  get link(): SessionLink | undefined {
    return this.#link;
  }

  /** Aborts when it is left for a reason of ours. */
  get left(): AbortSignal {
    return this.#leave.signal;
  }

  leave(): void {
    this.#leave.abort();
  }

  opened(link: SessionLink, beat: () => void, everyMs: number): void {
    this.#link = link;
    this.#openedAt = performance.now();
    this.#heartbeat = setInterval(beat, everyMs);
  }

  wasOpenFor(ms: number): boolean {
    return this.#openedAt !== undefined && performance.now() - this.#openedAt >= ms;
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#link = undefined;
    this.client.close();
  }
}
