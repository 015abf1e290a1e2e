import { Agent, request } from 'node:http';
import type { PostgresConnection } from '#adapters/postgres/connection.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import { Child } from './child.ts';

export const BENCH_KEY = 'bench';

export interface SurfacePlace {
  readonly which: 'edge-admin' | 'edge-fleet' | 'bare';
  readonly connection: PostgresConnection;
  readonly tenantId: TenantId;
}

/** A surface over a database of the bench, in a process of its own: what the client costs is not in it. */
export class SurfaceServer {
  readonly #child = new Child(new URL('surface-main.ts', import.meta.url));
  readonly #agent = new Agent({ keepAlive: true });
  #port = 0;

  static async start(place: SurfacePlace): Promise<SurfaceServer> {
    const server = new SurfaceServer();
    server.#port = await server.#child.call<number>('listen', place);
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  cpuSeconds(): Promise<number> {
    return this.#child.call('cpuSeconds');
  }

  /** How long its event loop stood still at most while `work` ran, in milliseconds. */
  async longestDelayMs(work: () => Promise<unknown>): Promise<number> {
    await this.#child.call('resetDelays');
    await work();
    return this.#child.call('longestDelayMs');
  }

  get(path: string): Promise<Buffer> {
    return this.#send('GET', path, '');
  }

  post(path: string, body: object): Promise<Buffer> {
    return this.#send('POST', path, JSON.stringify(body));
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#child.end('SIGTERM');
  }

  #send(method: string, path: string, body: string): Promise<Buffer> {
    const authorization = `Bearer ${BENCH_KEY}`;
    const typed = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const headers = body === '' ? { authorization } : { authorization, ...typed };
    return new Promise((resolve, reject) => {
      const outgoing = request(this.url + path, { method, headers, agent: this.#agent }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => {
          const answer = Buffer.concat(parts);
          if (response.statusCode === 200) resolve(answer);
          else reject(new Error(`${path}: ${response.statusCode} ${answer.toString()}`));
        });
        response.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
