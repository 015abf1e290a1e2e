import pg from 'pg';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Queryable, Sql } from '#core/kernel/sql.ts';
import { clientConfig, statementLimits } from './connection.ts';
import { type OpenDatabaseOptions, queryConfig } from './database.ts';
import { limitsOf } from './session-settings.ts';
import { translated } from './unavailable.ts';

/** One connection on which statements do not wait for each other's answers. Each is a transaction of its own. */
export interface Pipeline extends Queryable {
  /** Waits for what was sent. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * For hot paths of many small statements: several times the statements per second of a pool. They run in
 * the order they were sent; one that fails does not touch the others. When the connection breaks, everything that is
 * under way fails with `unavailable`, and the next statement opens a new one.
 */
export function openPipeline(options: Pick<OpenDatabaseOptions, 'connection' | 'applicationName'>): Pipeline {
  return new ClientPipeline(options);
}

const PIPELINE_LIMITS = statementLimits(30_000);

class ClientPipeline implements Pipeline {
  readonly #config: pg.ClientConfig;
  #client: Promise<pg.Client> | undefined;
  #isClosed = false;

  constructor({
    connection,
    applicationName = 'garrison pipeline',
  }: Pick<OpenDatabaseOptions, 'connection' | 'applicationName'>) {
    this.#config = { ...clientConfig(connection, applicationName), pipeline: true };
  }

  async query<Row>(statement: Sql): Promise<Row[]> {
    return (await this.#run(statement)).rows as Row[]; // the caller's select names the columns of Row
  }

  async execute(statement: Sql): Promise<number> {
    return (await this.#run(statement)).rowCount ?? 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = undefined;
    await client?.then((open) => open.end()).catch(() => {}); // it was never open
  }

  async #run(statement: Sql): Promise<pg.QueryResult> {
    if (this.#isClosed) throw new FleetError('unavailable', 'the database connection has been closed');
    try {
      this.#client ??= this.#connect();
      return await (await this.#client).query(queryConfig(statement, PIPELINE_LIMITS.answerMs));
    } catch (error) {
      throw translated(error);
    }
  }

  #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    const connecting = client.connect().then(async () => {
      await client.query(limitsOf(PIPELINE_LIMITS));
      return client;
    });
    const forget = () => {
      if (this.#client === connecting) this.#client = undefined;
    };
    client.on('error', forget); // those who wait for an answer are told by the driver
    client.on('end', forget);
    connecting.catch(forget);
    return connecting;
  }
}
