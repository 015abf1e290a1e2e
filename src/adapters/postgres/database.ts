import pg from 'pg';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Database, Queryable, Sql } from '#core/kernel/sql.ts';
import { Backoff } from '#runtime/backoff.ts';
import { clientConfig, type PostgresConnection } from './connection.ts';
import { isUnavailable, translated } from './unavailable.ts';

/**
 * The pool, as core sees it. What happens while the server restarts:
 *
 * - Getting a connection is tried again with backoff for `patienceMs`: nothing has been sent yet.
 * - A `select` outside a transaction is tried again too when its connection breaks: reading twice is reading once.
 * - Everything else fails at once with `unavailable` when its connection breaks: whether it took effect is not known,
 *   and only the caller knows whether it may be repeated. A transaction is repeated only when its BEGIN failed.
 *
 * An unreachable database is always an error, never an empty answer.
 */
export interface PostgresDatabase extends Database {
  /** Where it is, for parts that need a connection of their own (LISTEN). */
  readonly connection: PostgresConnection;
  readonly gauges: PoolGauges;
  /** Lends a whole driver connection to parts of this adapter that speak COPY or session locks. */
  withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** Waits for the connections that are lent and closes all. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Connections of the pool, and callers that wait for one. */
export interface PoolGauges {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface OpenDatabaseOptions {
  readonly connection: PostgresConnection;
  /** Most connections at once. Default 10. */
  readonly maxConnections?: number;
  /** Shown in `pg_stat_activity`. Default `garrison`. */
  readonly applicationName?: string;
  /** How long a restarting server is waited for. Default 5,000 ms. */
  readonly patienceMs?: number;
}

/** Opens nothing yet: the first query does. */
export function openDatabase(options: OpenDatabaseOptions): PostgresDatabase {
  return new PoolDatabase(options);
}

class PoolDatabase implements PostgresDatabase {
  readonly connection: PostgresConnection;
  readonly #pool: pg.Pool;
  readonly #patienceMs: number;
  #closed: Promise<void> | undefined;

  constructor({
    connection,
    maxConnections = 10,
    applicationName = 'garrison',
    patienceMs = 5_000,
  }: OpenDatabaseOptions) {
    this.connection = connection;
    this.#patienceMs = patienceMs;
    this.#pool = new pg.Pool({ ...clientConfig(connection, applicationName), max: maxConnections });
    // An idle connection that breaks is dropped by the pool; whoever asks next gets a new one or an error of his own.
    this.#pool.on('error', ignored);
    this.#pool.on('connect', (client) => client.on('error', ignored));
  }

  get gauges(): PoolGauges {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  async query<Row>(statement: Sql): Promise<Row[]> {
    return (await this.#run(statement)).rows as Row[]; // the caller's select names the columns of Row
  }

  async execute(statement: Sql): Promise<number> {
    return (await this.#run(statement)).rowCount ?? 0;
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      try {
        const result = await work(new ClientQueryable(client));
        await commit(client);
        return result;
      } catch (error) {
        await rollBack(client);
        throw error;
      }
    }, 'begin');
  }

  async withClient<T>(work: (client: pg.PoolClient) => Promise<T>, opening?: string): Promise<T> {
    const client = await this.#patiently(
      () => this.#acquire(opening),
      () => true,
    );
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(isBroken(error));
      throw translated(error);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }

  #run(statement: Sql): Promise<pg.QueryResult> {
    return this.#patiently(
      async () => {
        const client = await this.#acquire();
        try {
          const result = await client.query(queryConfig(statement));
          client.release();
          return result;
        } catch (error) {
          client.release(isBroken(error));
          throw new SentError(error);
        }
      },
      (error) => !(error instanceof SentError) || isRead(statement) || isStalePlan(error.cause),
    );
  }

  /** A connection on which `opening` has been said. */
  async #acquire(opening?: string): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    if (opening === undefined) return client;
    try {
      await client.query(opening);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Tries `attempt` until it succeeds, fails for a reason that is not the server's absence, or patience ends. */
  async #patiently<T>(attempt: () => Promise<T>, mayRepeat: (error: unknown) => boolean): Promise<T> {
    const backoff = new Backoff({ firstMs: 25, maxMs: 400 });
    const giveUpAt = Date.now() + this.#patienceMs;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const cause = error instanceof SentError ? error.cause : error;
        const isWorthIt = (isUnavailable(cause) || isStalePlan(cause)) && !this.#pool.ending && Date.now() < giveUpAt;
        if (!isWorthIt || !mayRepeat(error)) throw translated(cause);
        await backoff.wait();
      }
    }
  }
}

/** The statement had been sent when this happened: it may have taken effect. */
class SentError extends Error {
  constructor(cause: unknown) {
    super('sent', { cause });
  }
}

/** A transaction's own connection. */
class ClientQueryable implements Queryable {
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  async query<Row>(statement: Sql): Promise<Row[]> {
    return (await this.#run(statement)).rows as Row[]; // the caller's select names the columns of Row
  }

  async execute(statement: Sql): Promise<number> {
    return (await this.#run(statement)).rowCount ?? 0;
  }

  async #run(statement: Sql): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(queryConfig(statement));
    } catch (error) {
      throw translated(error);
    }
  }
}

export function queryConfig(statement: Sql): pg.QueryConfig {
  const { text, name } = statement;
  return { text, values: [...statement.values], ...(name !== undefined && { name }) };
}

/** PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error. */
async function commit(client: pg.ClientBase): Promise<void> {
  const { command } = await client.query('commit');
  if (command === 'COMMIT') return;
  throw new FleetError('internal', 'a statement of this transaction failed and its error was swallowed: rolled back');
}

async function rollBack(client: pg.ClientBase): Promise<void> {
  try {
    await client.query('rollback');
  } catch {
    // the connection is gone, and the transaction with it; the error that brought us here is the one to tell
  }
}

/** The connection cannot be used again. */
function isBroken(error: unknown): boolean {
  const cause = error instanceof FleetError && error.code === 'unavailable' ? error.cause : error;
  return isUnavailable(cause) || isStalePlan(cause);
}

/** A named statement was prepared before a migration changed its columns; a new connection prepares it anew. */
function isStalePlan(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '0A000' && error.message.startsWith('cached plan');
}

function isRead(statement: Sql): boolean {
  return /^\s*(select|values|table|show)\b/i.test(statement.text);
}

function ignored(): void {}
