/** The database that somebody else has set up: reached, or refused with the reason. */
import type { PostgresConnection } from '#adapters/postgres/connection.ts';
import { type ReachedDatabase, reachDatabase } from '#adapters/postgres/reach-database.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Secret } from '#core/kernel/secret.ts';
import type { Log } from '#runtime/log.ts';
import type { ControllerConfig } from './config.ts';

export interface DatabaseConnections {
  readonly application: ReachedDatabase;
  /** The same without a pooler. */
  readonly direct: PostgresConnection;
  /** Owner of the tables, when that is another role: it migrates, and lets the application read and write. */
  readonly owner: PostgresConnection | undefined;
}

type DatabaseConfig = Pick<ControllerConfig, 'databaseUrl' | 'directDatabaseUrl' | 'migrationDatabaseUrl'>;

/** Undefined without `DATABASE_URL`. @throws FleetError that says why one of them cannot be used */
export async function reachConfigured(config: DatabaseConfig): Promise<DatabaseConnections | undefined> {
  const { databaseUrl, directDatabaseUrl, migrationDatabaseUrl } = config;
  if (databaseUrl === undefined) return undefined;
  const application = await reachDatabase({ connection: databaseUrl.reveal(), setting: 'DATABASE_URL' });
  return {
    application,
    direct: directDatabaseUrl
      ? await reachDirect(directDatabaseUrl, 'GARRISON_DIRECT_DATABASE_URL')
      : direct(application, 'DATABASE_URL'),
    owner: migrationDatabaseUrl && (await reachDirect(migrationDatabaseUrl, 'GARRISON_MIGRATION_DATABASE_URL')),
  };
}

/** As the owner, because a restore makes tables, and without a pooler, because a backup is one session. */
export async function reachForBackup(config: DatabaseConfig): Promise<PostgresConnection | undefined> {
  const { databaseUrl, directDatabaseUrl, migrationDatabaseUrl } = config;
  if (migrationDatabaseUrl) return reachDirect(migrationDatabaseUrl, 'GARRISON_MIGRATION_DATABASE_URL');
  if (directDatabaseUrl) return reachDirect(directDatabaseUrl, 'GARRISON_DIRECT_DATABASE_URL');
  return databaseUrl && reachDirect(databaseUrl, 'DATABASE_URL');
}

async function reachDirect(url: Secret, setting: string): Promise<PostgresConnection> {
  return direct(await reachDatabase({ connection: url.reveal(), setting }), setting);
}

function direct({ connection, isPooled }: ReachedDatabase, setting: string): PostgresConnection {
  if (!isPooled) return connection;
  const remedy =
    setting === 'DATABASE_URL'
      ? 'Name the server itself in GARRISON_DIRECT_DATABASE_URL; everything else goes through the pooler.'
      : 'Name the server itself there.';
  throw new FleetError(
    'invalid',
    `${setting} leads through a pooler such as PgBouncer, and LISTEN, the lease of a controller, migrations and backups ` +
      `need a session of their own. ${remedy}`,
  );
}

/** Beside the pool: the bus, the lease, and one to spare for a session that has not ended yet. */
const OTHER_CONNECTIONS = 3;

/** As many as are wanted, or as many as there is room for. */
export function roomFor(wanted: number, { connectionLimit, role }: ReachedDatabase, log: Log): number {
  const room = (connectionLimit ?? Number.POSITIVE_INFINITY) - OTHER_CONNECTIONS;
  if (room >= wanted) return wanted;
  if (room < 2) {
    throw new FleetError(
      'invalid',
      `The role "${role}" may have ${connectionLimit} connections to the database, and a controller needs ` +
        `${OTHER_CONNECTIONS + 2}. Raise its limit: alter role "${role}" connection limit 20 (or that of the database, or max_connections).`,
    );
  }
  log.warn({ role, connectionLimit, wanted, used: room }, 'the database allows fewer connections than are configured');
  return room;
}
