import pg from 'pg';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Database, Queryable, Sql, TransactionOptions } from '#core/kernel/sql.ts';
import { Backoff } from '#runtime/backoff.ts';
import { clientConfig, type PostgresConnection, type StatementLimits, statementLimits } from './connection.ts';
import { givingWay } from './giving-way.ts';
import { BEGIN, beginPooled, limitsOf, NO_LIMITS, NO_WAIT_FOR_DISK } from './session-settings.ts';
import { isUnavailable, translated } from './unavailable.ts';

/**
 * The pool, as core sees it. What happens while the server restarts:
 *
 * - Getting a connection is tried again with backoff for `patienceMs`: nothing has been sent yet.
 * - A `select` outside a transaction is tried again too when its connection breaks: reading twice is reading once.
 * - Everything else fails at once with `unavailable` when its connection breaks: whether it took effect is not known,
 *   and only the caller knows whether it may be repeated. A transaction is repeated only when its BEGIN failed.
 * - What the server rolled back for the sake of others (a deadlock, a serialization failure) is done again a few times.
 *
 * A connection can also go silent: packets are dropped and nothing says so. Every statement has a limit, and its answer is
 * waited for little longer; a connection that did not answer is dropped at once, without a farewell. One that nobody
 * has heard from for a while is asked first whether it is there before it is lent.
 *
 * A role or a server may have room for fewer connections than we would open: as long as there is one, callers take turns.
 * Behind a pooler, nothing lasts beyond a transaction: each statement is one, says its settings first, and has no name.
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
  /** Longest a statement may take; short where a late answer is worth nothing (leases). Default 30,000 ms. */
  readonly statementTimeoutMs?: number;
  /** A connection that was not heard from for longer is asked before it is lent. Default 5,000 ms. */
  readonly silentAfterMs?: number;
  /** A pooler that lends sessions for a transaction (PgBouncer) stands between. Default false. */
  readonly isPooled?: boolean;
}

/** How long a connection that was silent is waited for. Busy ones are heard all the time and not asked. */
const PROBE_MS = 2_000;

/** After the server had no more connections for us, this long passes before another one is asked for. */
const FULL_FOR_MS = 30_000;

/** Opens nothing yet: the first query does. */
export function openDatabase(options: OpenDatabaseOptions): PostgresDatabase {
  return new PoolDatabase(options);
}

class PoolDatabase implements PostgresDatabase {
  readonly connection: PostgresConnection;
  readonly #pool: pg.Pool;
  readonly #patienceMs: number;
  readonly #limits: StatementLimits;
  readonly #silentAfterMs: number;
  readonly #maxConnections: number;
  readonly #isPooled: boolean;
  readonly #begin: string;
  #fullUntil = Number.NEGATIVE_INFINITY;
  /** When a connection last answered, by the steady clock of this process. */
  readonly #heardAt = new WeakMap<pg.PoolClient, number>();
  /** Connections without limits are not lent again. */
  readonly #unlimited = new WeakSet<pg.PoolClient>();
  /** A silent connection was found dead then: others that were not heard since are not asked any more. */
  #foundDeadAt = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | undefined;

  constructor({
    connection,
    maxConnections = 10,
    applicationName = 'garrison',
    patienceMs = 5_000,
    statementTimeoutMs = 30_000,
    silentAfterMs = 5_000,
    isPooled = false,
  }: OpenDatabaseOptions) {
    this.connection = connection;
    this.#patienceMs = patienceMs;
    this.#silentAfterMs = silentAfterMs;
    this.#maxConnections = maxConnections;
    this.#limits = statementLimits(statementTimeoutMs);
    this.#isPooled = isPooled;
    this.#begin = isPooled ? beginPooled(this.#limits) : BEGIN;
    this.#pool = new pg.Pool({ ...clientConfig(connection, applicationName), max: maxConnections });
    // An idle connection that breaks is dropped by the pool; the next caller gets a new one, or an error of its own.
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

  transaction<T>(work: (tx: Queryable) => Promise<T>, { mayBeLost = false }: TransactionOptions = {}): Promise<T> {
    const opening = mayBeLost ? `${this.#begin}; ${NO_WAIT_FOR_DISK}` : this.#begin;
    return givingWay(() => this.#inTransaction((client) => work(this.#queryable(client)), opening));
  }

  #inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>, opening = this.#begin): Promise<T> {
    const { answerMs } = this.#limits;
    return this.#lend(async (client) => {
      try {
        const result = await work(client);
        await commit(client, answerMs);
        return result;
      } catch (error) {
        if (!isBroken(error)) await rollBack(client, answerMs);
        throw error;
      }
    }, opening);
  }

  #queryable(client: pg.ClientBase): Queryable {
    return new ClientQueryable(client, (statement) => this.#config(statement));
  }

  /** Named statements stay in a session, so there are none where the session changes. */
  #config(statement: Sql): pg.QueryConfig {
    const { name, ...config } = queryConfig(statement, this.#limits.answerMs);
    return this.#isPooled || name === undefined ? config : { ...config, name };
  }

  /** Without the limits of a statement; they are there again for whoever has the connection next. */
  withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#lend(async (client) => {
      this.#unlimited.add(client);
      await client.query(NO_LIMITS);
      const result = await work(client);
      await client.query(limitsOf(this.#limits));
      this.#unlimited.delete(client);
      return result;
    });
  }

  async #lend<T>(work: (client: pg.PoolClient) => Promise<T>, opening?: string): Promise<T> {
    const client = await this.#patiently(
      () => this.#acquire(opening),
      () => true,
    );
    try {
      const result = await work(client);
      this.#release(client);
      return result;
    } catch (error) {
      this.#release(client, error);
      throw translated(error);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }

  #run(statement: Sql): Promise<pg.QueryResult> {
    return givingWay(() => this.#runOnce(statement));
  }

  #runOnce(statement: Sql): Promise<pg.QueryResult> {
    if (this.#isPooled) return this.#inTransaction((client) => client.query(this.#config(statement)));
    return this.#patiently(
      async () => {
        const client = await this.#acquire();
        try {
          const result = await client.query(this.#config(statement));
          this.#release(client);
          return result;
        } catch (error) {
          this.#release(client, error);
          throw new SentError(error);
        }
      },
      (error) => !(error instanceof SentError) || isRead(statement) || isStalePlan(error.cause),
    );
  }

  /** A connection that is there, and on which `opening` has been said. */
  async #acquire(opening?: string): Promise<pg.PoolClient> {
    for (;;) {
      const client = await this.#connect();
      const heardAt = this.#heardAt.get(client);
      const isSilent = heardAt !== undefined && performance.now() - heardAt > this.#silentAfterMs;
      if (isSilent && !(await this.#answers(client, heardAt))) continue;
      try {
        if (heardAt === undefined && !this.#isPooled)
          await client.query(bounded(limitsOf(this.#limits), this.#limits.answerMs));
        if (opening !== undefined) await client.query(bounded(opening, this.#limits.answerMs));
        return client;
      } catch (error) {
        this.#drop(client);
        throw error;
      }
    }
  }

  /** A server without room for another connection makes callers take turns with those we have. */
  async #connect(): Promise<pg.PoolClient> {
    for (;;) {
      if (performance.now() > this.#fullUntil) this.#pool.options.max = this.#maxConnections;
      try {
        return await this.#pool.connect();
      } catch (error) {
        if (!isFull(error) || this.#pool.totalCount === 0) throw error;
        this.#pool.options.max = this.#pool.totalCount;
        this.#fullUntil = performance.now() + FULL_FOR_MS;
      }
    }
  }

  /** Whether a connection that was silent is still there; one that is not is dropped. */
  async #answers(client: pg.PoolClient, heardAt: number): Promise<boolean> {
    try {
      if (heardAt < this.#foundDeadAt) throw new Error('found dead with another');
      await client.query(bounded('select 1', PROBE_MS));
      return true;
    } catch {
      this.#foundDeadAt = performance.now();
      this.#drop(client);
      return false;
    }
  }

  #release(client: pg.PoolClient, error?: unknown): void {
    if (isBroken(error) || this.#unlimited.has(client)) return this.#drop(client);
    this.#heardAt.set(client, performance.now());
    client.release();
  }

  /** Without a farewell: a socket that is silent would wait for it for minutes. */
  #drop(client: pg.PoolClient): void {
    client.release(true);
    (client as unknown as { connection: pg.Connection }).connection.stream.destroy(); // not in the types of the driver
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
  readonly #config: (statement: Sql) => pg.QueryConfig;

  constructor(client: pg.ClientBase, config: (statement: Sql) => pg.QueryConfig) {
    this.#client = client;
    this.#config = config;
  }

  async query<Row>(statement: Sql): Promise<Row[]> {
    return (await this.#run(statement)).rows as Row[]; // the caller's select names the columns of Row
  }

  async execute(statement: Sql): Promise<number> {
    return (await this.#run(statement)).rowCount ?? 0;
  }

  async #run(statement: Sql): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(this.#config(statement));
    } catch (error) {
      throw translated(error);
    }
  }
}

export function queryConfig(statement: Sql, answerMs: number): pg.QueryConfig {
  const { text, name } = statement;
  return { ...bounded(text, answerMs), values: [...statement.values], ...(name !== undefined && { name }) };
}

/** The driver fails with `Query read timeout` when no answer has come by then. */
function bounded(text: string, answerMs: number): pg.QueryConfig {
  return { text, query_timeout: answerMs } as pg.QueryConfig; // typed per client only
}

/** PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error. */
async function commit(client: pg.ClientBase, answerMs: number): Promise<void> {
  const { command } = await client.query(bounded('commit', answerMs));
  if (command === 'COMMIT') return;
  throw new FleetError('internal', 'a statement of this transaction failed and its error was swallowed: rolled back');
}

async function rollBack(client: pg.ClientBase, answerMs: number): Promise<void> {
  try {
    await client.query(bounded('rollback', answerMs));
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
  return error instanceof pg.DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}

/** SQLSTATE 53300 too_many_connections: of the server, the database or the role. */
function isFull(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '53300';
}

function isRead(statement: Sql): boolean {
  return /^\s*(select|values|table|show)\b/i.test(statement.text);
}

function ignored(): void {}
