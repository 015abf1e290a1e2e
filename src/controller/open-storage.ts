import { join } from 'node:path';
import { PostgresBus } from '#adapters/bus/postgres.ts';
import { clientConfig } from '#adapters/postgres/connection.ts';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import type { Log } from '#runtime/log.ts';
import type { ControllerConfig } from './config.ts';
import { ownDataDir } from './own-data-dir.ts';
import type { ServiceStack } from './service-stack.ts';

export interface Storage {
  readonly db: PostgresDatabase;
  /** One connection for the lease alone: nothing else can be in its way, and an answer that is late is worth nothing. */
  readonly leaseDb: PostgresDatabase;
}

/** The database, ours or the configured one, with the schema of this program. */
export async function openStorage(config: ControllerConfig, stack: ServiceStack, log: Log): Promise<Storage> {
  const dataDir = ownDataDir(config.dataDir);
  stack.add('data directory', async () => dataDir.release());
  const connection = config.databaseUrl?.reveal() ?? (await startEmbedded(config, stack, log));
  const db = openDatabase({ connection, maxConnections: config.databaseConnections });
  stack.add('database pool', () => db.close());
  const applied = await migrate(db);
  if (applied.length > 0) log.info({ migrations: applied }, 'the schema was brought up to date');
  const leaseDb = openDatabase({
    connection,
    maxConnections: 1,
    applicationName: 'garrison lease',
    statementTimeoutMs: 3_000,
    patienceMs: 3_000,
  });
  stack.add('connection of the lease', () => leaseDb.close());
  return { db, leaseDb };
}

async function startEmbedded(config: ControllerConfig, stack: ServiceStack, log: Log) {
  const embedded = new EmbeddedPostgres({
    directory: join(config.dataDir, 'postgres'),
    binDir: config.postgresPrograms,
    onDeath: (error) => log.error({ err: error }, 'the embedded PostgreSQL died and is started again'),
  });
  await stack.start('embedded PostgreSQL', embedded);
  return embedded.connection;
}

export async function openBus(db: PostgresDatabase, stack: ServiceStack, log: Log): Promise<PostgresBus> {
  return stack.start('bus', new PostgresBus({ client: clientConfig(db.connection, 'garrison bus'), log }));
}
