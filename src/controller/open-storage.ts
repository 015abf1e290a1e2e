import { join } from 'node:path';
import { PostgresBus } from '#adapters/bus/postgres.ts';
import { clientConfig, type PostgresConnection } from '#adapters/postgres/connection.ts';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import { sql } from '#core/kernel/sql.ts';
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
  const { application, owner } = configured(config) ?? (await startEmbedded(config, stack, log));
  const db = openDatabase({ connection: application, maxConnections: config.databaseConnections });
  stack.add('database pool', () => db.close());
  const role = await readRole(db);
  if (role.isSuperuser)
    log.warn({ role: role.name }, 'the controller connects to the database as a superuser: give it a role of its own');
  const applied = await bringUpToDate(db, role, owner);
  if (applied.length > 0) log.info({ migrations: applied }, 'the schema was brought up to date');
  const leaseDb = openDatabase({
    connection: application,
    maxConnections: 1,
    applicationName: 'garrison lease',
    statementTimeoutMs: 3_000,
    patienceMs: 3_000,
  });
  stack.add('connection of the lease', () => leaseDb.close());
  return { db, leaseDb };
}

interface Connections {
  readonly application: PostgresConnection;
  /** Of the tables, when that is another role: it migrates, and lets the application read and write. */
  readonly owner: PostgresConnection | undefined;
}

function configured({ databaseUrl, migrationDatabaseUrl }: ControllerConfig): Connections | undefined {
  return databaseUrl && { application: databaseUrl.reveal(), owner: migrationDatabaseUrl?.reveal() };
}

async function startEmbedded(config: ControllerConfig, stack: ServiceStack, log: Log): Promise<Connections> {
  const embedded = new EmbeddedPostgres({
    directory: join(config.dataDir, 'postgres'),
    binDir: config.postgresPrograms,
    onDeath: (error) => log.error({ err: error }, 'the embedded PostgreSQL died and is started again'),
  });
  await stack.start('embedded PostgreSQL', embedded);
  return { application: embedded.connection, owner: embedded.connectionAs('owner') };
}

interface Role {
  readonly name: string;
  readonly isSuperuser: boolean;
}

async function readRole(db: PostgresDatabase): Promise<Role> {
  const [role] = await db.query<Role>(
    sql`select rolname::text as name, rolsuper as "isSuperuser" from pg_roles where rolname = current_user`,
  );
  return role ?? { name: '', isSuperuser: false };
}

async function bringUpToDate(db: PostgresDatabase, { name }: Role, owner?: PostgresConnection): Promise<string[]> {
  if (owner === undefined) return migrate(db);
  const ownerDb = openDatabase({ connection: owner, maxConnections: 1, applicationName: 'garrison migrations' });
  return migrate(ownerDb, { application: name }).finally(() => ownerDb.close());
}

export async function openBus(db: PostgresDatabase, stack: ServiceStack, log: Log): Promise<PostgresBus> {
  return stack.start('bus', new PostgresBus({ client: clientConfig(db.connection, 'garrison bus'), log }));
}
