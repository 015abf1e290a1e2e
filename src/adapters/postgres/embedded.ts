import { aborted } from '#runtime/aborted.ts';
import { Backoff } from '#runtime/backoff.ts';
import type { Service } from '#runtime/service.ts';
import { Supervised } from '#runtime/supervise.ts';
import { type ClusterOptions, openCluster, type PostgresCluster } from './cluster.ts';
import type { PostgresConnection } from './connection.ts';
import { readServerPid } from './postmaster.ts';
import { type ClusterRole, prepareDatabase } from './roles.ts';
import { clusterConnection, launchServer } from './server-process.ts';

export interface EmbeddedPostgresOptions extends ClusterOptions {
  /** Database to make and connect to. Default `garrison`. */
  readonly database?: string;
  /** Server settings beside or instead of ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long crash recovery may take. Default 120,000 ms. */
  readonly startTimeoutMs?: number;
  /** The server died and is started again. */
  onDeath?(error: unknown): void;
}

const serverSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  jit: 'off',
  // Errors of statements are told to whoever sent them; in the log they would keep values that belong nowhere else.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
};

/** Gives up durability for speed. */
const throwawaySettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
};

/**
 * A real PostgreSQL of our own, reachable through a Unix socket that only we can open.
 *
 * - Not root on the host, whoever starts it (`unprivileged.ts`), and the application is no superuser in it (`roles.ts`).
 * - One owner: the directory is locked, so a second controller is refused.
 * - It dies with us: a fast shutdown when we end in whatever way. Should it outlive us all the same, the next start
 *   recognises it by its directory and stops it first.
 * - It does not die without us noticing: killed, it is started again and recovers; meanwhile queries are `unavailable`.
 *
 * May be started again after it was stopped.
 */
export class EmbeddedPostgres implements Service {
  readonly name = 'postgres';
  readonly #options: EmbeddedPostgresOptions;
  readonly #server: Supervised;
  #cluster: PostgresCluster | undefined;
  #life: { started: Promise<void>; isStopping: boolean } | undefined;

  constructor(options: EmbeddedPostgresOptions) {
    this.#options = options;
    this.#server = new Supervised({
      name: this.name,
      run: (signal, up) => this.#serve(signal, up),
      backoff: new Backoff({ firstMs: 100, maxMs: 5_000 }),
      failsFast: true,
      onFailure: (error) => options.onDeath?.(error),
    });
  }

  /** As the application. Known once started. */
  get connection(): PostgresConnection {
    return this.connectionAs('application');
  }

  /** Known once started. */
  connectionAs(role: ClusterRole): PostgresConnection {
    return clusterConnection(this.#openCluster(), role, this.#database);
  }

  /** Pid of the server, when one runs. */
  async pid(): Promise<number | undefined> {
    return readServerPid(this.#openCluster().dataDir);
  }

  start(): Promise<void> {
    if (this.#life === undefined) {
      const life = { started: Promise.resolve(), isStopping: false };
      life.started = this.#start(life);
      this.#life = life;
    }
    return this.#life.started;
  }

  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    life.isStopping = true;
    await this.#server.stop();
    await life.started.catch(() => {}); // told to whoever called start
    await this.#server.stop();
    await this.#close();
    if (this.#life === life) this.#life = undefined;
  }

  async #start(life: { isStopping: boolean }): Promise<void> {
    try {
      this.#cluster = await openCluster(this.#options);
      if (life.isStopping) throw new Error(`${this.name} was stopped before it had started`);
      await this.#server.start();
    } catch (error) {
      await this.#close();
      this.#life = undefined;
      throw error;
    }
  }

  async #close(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    await cluster?.close();
  }

  /** One life of the server. */
  async #serve(signal: AbortSignal, up: () => void): Promise<void> {
    const { settings, isThrowaway, startTimeoutMs = 120_000 } = this.#options;
    const cluster = this.#openCluster();
    const server = await launchServer(cluster, {
      settings: { ...serverSettings, ...(isThrowaway && throwawaySettings), ...settings },
      startTimeoutMs,
      signal,
    });
    try {
      await prepareDatabase((database) => clusterConnection(cluster, 'superuser', database), this.#database);
      up();
      const lastWords = await Promise.race([server.exited, aborted(signal)]);
      if (!signal.aborted) throw new Error(`PostgreSQL has died: ${lastWords}`);
    } finally {
      await server.stop();
    }
  }

  get #database(): string {
    return this.#options.database ?? 'garrison';
  }

  #openCluster(): PostgresCluster {
    if (this.#cluster === undefined) throw new Error('the embedded PostgreSQL is not started');
    return this.#cluster;
  }
}
