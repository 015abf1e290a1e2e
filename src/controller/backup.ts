/** `garrison backup` and `garrison restore`: the database of a controller, whether or not the controller runs. */
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type BackupOptions, type BackupSummary, backup, checkBackup, restore } from '#adapters/postgres/backup.ts';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { findRunningServer } from '#adapters/postgres/find-running-server.ts';
import { endAllLeases } from '#core/controllers/lease.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { makeDirectory } from '#runtime/make-directory.ts';
import { type ControllerConfig, readConfig } from './config.ts';
import { reachForBackup } from './configured-database.ts';

export { type BackupSummary, checkBackup };

export interface BackupSources {
  /** As commander gives them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Writes the database to `output`. A controller that holds the embedded database goes on working; without one, the
 * database is started for the time of the backup.
 */
export async function backupController(
  sources: BackupSources,
  output: Writable,
  options?: BackupOptions,
): Promise<BackupSummary> {
  return withDatabase(readConfig(sources), 'beside a controller', (db) => backup(db, output, options));
}

/** Fills the empty database of a controller that does not run. Its `secret.key` is not in a backup and must be the old one. */
export async function restoreController(
  sources: BackupSources,
  input: Readable,
  options?: BackupOptions,
): Promise<BackupSummary> {
  const config = readConfig(sources);
  makeDirectory(config.dataDir);
  return withDatabase(config, 'alone', async (db) => {
    const summary = await restore(db, input, options);
    await endAllLeases(db);
    return summary;
  });
}

type Place = 'alone' | 'beside a controller';

async function withDatabase<T>(
  config: ControllerConfig,
  place: Place,
  work: (db: PostgresDatabase) => Promise<T>,
): Promise<T> {
  const configured = await reachForBackup(config);
  if (configured !== undefined) return using(openDatabase({ connection: configured, maxConnections: 2 }), work);
  const directory = join(config.dataDir, 'postgres');
  const embedded = new EmbeddedPostgres({ directory, binDir: config.postgresPrograms });
  try {
    await embedded.start();
  } catch (error) {
    const running = isInUse(error) && place === 'beside a controller' ? await findRunningServer(directory) : undefined;
    if (running === undefined) throw error;
    return using(openDatabase({ connection: running }), work);
  }
  try {
    return await using(openDatabase({ connection: embedded.connectionAs('owner') }), work);
  } finally {
    await embedded.stop();
  }
}

async function using<T>(db: PostgresDatabase, work: (db: PostgresDatabase) => Promise<T>): Promise<T> {
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof FleetError && error.code === 'conflict';
}
