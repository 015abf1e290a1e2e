import { join } from 'node:path';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { findRunningServer } from '#adapters/postgres/find-running-server.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { ControllerConfig } from './config.ts';
import { reachForBackup } from './configured-database.ts';

type Place = 'alone' | 'beside a controller';

/** The database of a controller, for work beside it: reached, or started for as long as the work takes. @throws FleetError */
export async function withDatabase<T>(
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
