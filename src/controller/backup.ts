/** `garrison backup` and `garrison restore`: the database of a controller, whether or not the controller runs. */
import type { Readable, Writable } from 'node:stream';
import { type BackupOptions, type BackupSummary, backup, checkBackup, restore } from '#adapters/postgres/backup.ts';
import { endAllLeases } from '#core/controllers/lease.ts';
import { makeDirectory } from '#runtime/make-directory.ts';
import { readConfig } from './config.ts';
import { withDatabase } from './with-database.ts';

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
