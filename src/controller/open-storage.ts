import { join } from 'node:path';
import type { PostgresConnection } from '#adapters/postgres/connection.ts';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import { reachDatabase } from '#adapters/postgres/reach-database.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { sql } from '#core/kernel/sql.ts';
import type { Log } from '#runtime/log.ts';
import type { ControllerConfig } from './config.ts';
import { type DatabaseConnections, reachConfigured, roomFor } from './configured-database.ts';
import { ownDataDir } from './own-data-dir.ts';
import type { ServiceStack } from './service-stack.ts';

export interface Storage {
  readonly db: PostgresDatabase;
  /** One connection for the lease alone: nothing else can be in its way, and an answer that is late is worth nothing. */
  readonly leaseDb: PostgresDatabase;
  /** Past a pooler, if there is one. */
  readonly direct: PostgresConnection;
}

/** The database, ours or the configured one, with the schema of this program. */
export async function openStorage(config: ControllerConfig, stack: ServiceStack, log: Log): Promise<Storage> {
  const dataDir = ownDataDir(config.dataDir);
  stack.add('data directory', async () => dataDir.release());
  const { application, direct, owner } = (await reachConfigured(config)) ?? (await startEmbedded(config, stack, log));
  const { role, isPooled, isSuperuser } = application;
  const maxConnections = roomFor(config.databaseConnections, application, log);
  const db = openDatabase({ connection: application.connection, maxConnections, isPooled });
  stack.add('database pool', () => db.close());
  if (isSuperuser)
    log.warn({ role }, 'the controller connects to the database as a superuser: give it a role of its own');
  const applied = await bringUpToDate(direct, role, owner);
  if (applied.length > 0) log.info({ migrations: applied }, 'the schema was brought up to date');
  await refuseWithoutRights(db, role);
  const leaseDb = openDatabase({
    connection: direct,
    maxConnections: 1,
    applicationName: 'garrison lease',
    statementTimeoutMs: 3_000,
    patienceMs: 3_000,
  });
  stack.add('connection of the lease', () => leaseDb.close());
  return { db, leaseDb, direct };
}

async function startEmbedded(config: ControllerConfig, stack: ServiceStack, log: Log): Promise<DatabaseConnections> {
  const embedded = new EmbeddedPostgres({
    directory: join(config.dataDir, 'postgres'),
    binDir: config.postgresPrograms,
    onDeath: (error) => log.error({ err: error }, 'the embedded PostgreSQL died and is started again'),
  });
  await stack.start('embedded PostgreSQL', embedded);
  const application = await reachDatabase({ connection: embedded.connection, setting: 'the embedded PostgreSQL' });
  return { application, direct: embedded.connection, owner: embedded.connectionAs('owner') };
}

async function bringUpToDate(direct: PostgresConnection, role: string, owner?: PostgresConnection): Promise<string[]> {
  const db = openDatabase({ connection: owner ?? direct, maxConnections: 1, applicationName: 'garrison migrations' });
  return migrate(db, owner === undefined ? {} : { application: role }).finally(() => db.close());
}

/** What was granted at a migration can have been taken away since: better said now than by every request. */
async function refuseWithoutRights(db: PostgresDatabase, role: string): Promise<void> {
  const tables = await db.query<{ name: string }>(sql`
    select relname::text as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname <> 'schema_migrations'
      and not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert'))
    order by relname limit 3`);
  if (tables.length === 0) return;
  throw new FleetError(
    'forbidden',
    `The role "${role}" of DATABASE_URL may not read and write ${tables.map(({ name }) => name).join(', ')}. Name the owner of the ` +
      'tables in GARRISON_MIGRATION_DATABASE_URL, who grants what is missing at the next start.',
  );
}
