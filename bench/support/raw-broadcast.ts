import { Child } from './child.ts';
import type { SeededFleet } from './seed-fleet.ts';

/** A bare grpc-js server for the same fleet. */
export class RawBroadcast {
  readonly #child = new Child(new URL('raw-broadcast-main.ts', import.meta.url));

  /** @returns where it listens */
  async listen({ server, caBundle }: Pick<SeededFleet, 'server' | 'caBundle'>): Promise<string> {
    return `127.0.0.1:${await this.#child.call<number>('listen', { server, caBundle })}`;
  }

  /** Milliseconds from the first order written to the last answer read. */
  broadcast(): Promise<number> {
    return this.#child.call('broadcast');
  }

  usage(): Promise<{ residentBytes: number; cpuSeconds: number }> {
    return this.#child.call('usage');
  }

  async close(): Promise<void> {
    await this.#child.end('SIGKILL');
  }
}
