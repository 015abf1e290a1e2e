import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import { Child } from './child.ts';
import { cpuSeconds, descendants, residentBytes, treeCpuSeconds } from './usage.ts';

export interface ControllerPlace {
  readonly dataDir: string;
  readonly ports: { readonly api: number; readonly tls: number; readonly nodes: number };
  readonly env: Readonly<Record<string, string>>;
}

export interface ControllerAddresses {
  readonly api: string;
  readonly tls: string;
  readonly nodes: string;
  readonly tenantId: TenantId;
  readonly apiKey: string;
  readonly masterKey: string;
  readonly edgeToken: string;
  /** host:port */
  readonly httpProxy: string;
  readonly socksProxy: string;
  readonly proxyKey: string;
}

/**
 * A controller with its embedded database, durable as in production, in a process of its own on free ports. It can be
 * killed and started again on the same data and the same ports.
 */
export class BenchController {
  readonly #env: Readonly<Record<string, string>>;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #child: Child | undefined;
  #dataDir = '';
  #addresses: ControllerAddresses | undefined;
  #db: PostgresDatabase | undefined;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = { GARRISON_ADMISSION_RATE: '2000', ...env };
  }

  async start(): Promise<void> {
    if (this.#dataDir === '') this.#dataDir = await mkdtemp(join(tmpdir(), 'garrison-bench-'));
    const child = new Child(new URL('controller-main.ts', import.meta.url));
    this.#child = child;
    const { api, tls, nodes } = this.#addresses ?? {};
    const ports = { api: portOf(api), tls: portOf(tls), nodes: portOf(nodes) };
    const place: ControllerPlace = { dataDir: this.#dataDir, ports, env: this.#env };
    this.#addresses = await child.call<ControllerAddresses>('start', place);
  }

  /** The database, by a connection of the bench's own. */
  get db(): PostgresDatabase {
    this.#db ??= openDatabase({
      connection: {
        host: join(this.#dataDir, 'postgres', 'socket'),
        port: 5432,
        user: 'garrison',
        database: 'garrison',
      },
      maxConnections: 4,
      applicationName: 'bench',
    });
    return this.#db;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  get addresses(): ControllerAddresses {
    if (this.#addresses === undefined) throw new Error('the controller has not been started');
    return this.#addresses;
  }

  get residentBytes(): number {
    return residentBytes(this.#pid);
  }

  /** CPU seconds of the controller's own process. */
  get cpuSeconds(): number {
    return cpuSeconds(this.#pid);
  }

  /** CPU seconds of its PostgreSQL, all backends. */
  get databaseCpuSeconds(): number {
    const [postmaster] = descendants(this.#pid);
    return postmaster === undefined ? Number.NaN : treeCpuSeconds(postmaster);
  }

  /** With `GARRISON_BENCH_PROFILE=DIR`, a CPU profile of what the controller does meanwhile is left there. */
  async profiled<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const directory = process.env.GARRISON_BENCH_PROFILE;
    if (directory === undefined) return work();
    await this.#child?.call('startProfile');
    try {
      return await work();
    } finally {
      await this.#child?.call('writeProfile', join(directory, `${name}.cpuprofile`));
    }
  }

  /** JSON over a kept connection; a status of 400 or more is an error. */
  async call<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.open(method, path, body);
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    const text = Buffer.concat(parts).toString();
    return JSON.parse(text || 'null') as Body; // what the contract says of the path
  }

  /** The answer as soon as its headers are there. */
  open(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const { api, apiKey, edgeToken } = this.addresses;
    const key = path.startsWith('/v1/edge') ? edgeToken : apiKey;
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { authorization: `Bearer ${key}`, 'content-length': Buffer.byteLength(text) };
    const typed = body === undefined ? headers : { ...headers, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const outgoing = request(api + path, { method, headers: typed, agent: this.#agent }, (response) => {
        const { statusCode = 500 } = response;
        if (statusCode < 400) return resolve(response);
        response.resume();
        reject(new Error(`${method} ${path} was answered with ${statusCode}`));
      });
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  /** SIGKILL; what it leaves is as after a power cut of the process. */
  async kill(): Promise<void> {
    await this.#child?.end('SIGKILL');
    this.#child = undefined;
  }

  /** Stopped as an operator would, and started again. */
  async restart(): Promise<void> {
    await this.#db?.close();
    this.#db = undefined;
    await this.#child?.end('SIGTERM');
    await this.start();
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#db?.close();
    await this.#child?.end('SIGTERM');
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  get #pid(): number {
    return this.#child?.pid ?? Number.NaN;
  }
}

/** 0, for any free one, before it is known. */
function portOf(address: string | undefined): number {
  return address === undefined ? 0 : Number(/:(\d+)$/.exec(address)?.[1]);
}
