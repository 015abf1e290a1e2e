import { Child } from './child.ts';
import type { SeededFleet } from './seed-fleet.ts';

export interface RawPlace extends Pick<SeededFleet, 'server' | 'caBundle'> {
  readonly port: number;
}

/** A bare grpc-js server for the same fleet. It can be killed, and listen again where it did. */
export class RawBroadcast {
  #child = newChild();
  #port = 0;

  /** @returns where it listens */
  async listen({ server, caBundle }: Pick<SeededFleet, 'server' | 'caBundle'>): Promise<string> {
    this.#port = await this.#child.call<number>('listen', { server, caBundle, port: this.#port } satisfies RawPlace);
    return `127.0.0.1:${this.#port}`;
  }

  /** Milliseconds from the first order written to the last answer read. */
  broadcast(): Promise<number> {
    return this.#child.call('broadcast');
  }

  usage(): Promise<{ residentBytes: number; cpuSeconds: number }> {
    return this.#child.call('usage');
  }

  takeHeartbeats(): Promise<{ count: number; lastAt: number }> {
    return this.#child.call('takeHeartbeats');
  }

  async kill(): Promise<void> {
    await this.#child.end('SIGKILL');
    this.#child = newChild();
  }

  async close(): Promise<void> {
    await this.#child.end('SIGKILL');
  }
}

function newChild(): Child {
  return new Child(new URL('raw-broadcast-main.ts', import.meta.url));
}
