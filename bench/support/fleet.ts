import { Child } from './child.ts';
import type { SeededFleet } from './seed-fleet.ts';
import type { HostBehaviour } from './simulated-host.ts';

export interface FleetOrder {
  readonly seed: Pick<SeededFleet, 'nodes' | 'privateKey' | 'caBundle'>;
  readonly endpoint: string;
  readonly behaviour: HostBehaviour;
}

/** Simulated hosts in two processes: one cannot keep a controller busy, more would take its cores. */
export class Fleet {
  readonly #children = [0, 1].map(() => new Child(new URL('fleet-main.ts', import.meta.url)));

  /** Hosts that will connect to `endpoint`, beside those that are there. */
  async join(seed: FleetOrder['seed'], endpoint: string, behaviour: HostBehaviour = { outputBytes: 0 }): Promise<void> {
    const { privateKey, caBundle } = seed;
    await this.#all('join', (part) => {
      const nodes = seed.nodes.filter((_, place) => place % this.#children.length === part);
      return { seed: { nodes, privateKey, caBundle }, endpoint, behaviour };
    });
  }

  /** Those that are not connected yet; resolves when every host has been welcomed. */
  async connect({ perSecond = 400 }: { perSecond?: number } = {}): Promise<void> {
    await this.#all('connect', () => ({ perSecond: perSecond / this.#children.length }));
  }

  /** Resolves when nobody is connected any more; they come back by themselves. */
  async untilNobody(): Promise<void> {
    await this.#all('untilOpen', () => 0);
  }

  /** Waits for a fleet of `count` hosts. */
  async untilAll(count: number): Promise<void> {
    await this.#all('untilOpen', (part) =>
      Math.floor((count + this.#children.length - 1 - part) / this.#children.length),
    );
  }

  async disconnect(): Promise<void> {
    await this.#all('disconnect');
  }

  async beat(perSecond: number): Promise<void> {
    await this.#all('beat', () => ({ perSecond: perSecond / this.#children.length }));
  }

  /** Resolves when they have been written; they may still be on their way. */
  async flood(perHost: number): Promise<void> {
    await this.#all('flood', () => ({ perHost }));
  }

  async takeExecuted(): Promise<number> {
    const counts = await this.#all<number>('takeExecuted');
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** A file of the controller, by so many hosts at once. Resolves with the bytes that came. */
  download(ticket: string, count: number): Promise<number> {
    return this.#fetch('download', count, { ticket });
  }

  /** A file of another server over HTTPS, on so many connections at once. */
  fetchAll(url: string, count: number): Promise<number> {
    return this.#fetch('fetchAll', count, { url });
  }

  async #fetch(method: string, count: number, what: object): Promise<number> {
    const parts = this.#children.length;
    const bytes = await this.#all<number>(method, (part) => ({
      ...what,
      count: Math.floor((count + parts - 1 - part) / parts),
    }));
    return bytes.reduce((sum, one) => sum + one, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.end('SIGKILL')));
  }

  #all<Output>(method: string, input: (part: number) => unknown = () => undefined): Promise<Output[]> {
    return Promise.all(this.#children.map((child, part) => child.call<Output>(method, input(part))));
  }
}
