import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresConnection } from '#adapters/postgres/connection.ts';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { migrate } from '#adapters/postgres/migrate.ts';

export interface BenchDatabase {
  readonly db: PostgresDatabase;
  readonly connection: PostgresConnection;
  close(): Promise<void>;
}

/** A migrated database on an embedded server of its own, durable as in production, thrown away on `close`. */
export async function benchDatabase(): Promise<BenchDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'garrison-bench-'));
  const server = new EmbeddedPostgres({ directory: join(directory, 'postgres') });
  await server.start();
  const connection = server.connectionAs('owner');
  const db = openDatabase({ connection });
  await migrate(db);
  return {
    db,
    connection,
    async close() {
      await db.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
