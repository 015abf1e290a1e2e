import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { migrate } from '#adapters/postgres/migrate.ts';

/** A migrated database on an embedded server of its own, durable as in production, thrown away on `close`. */
export async function benchDatabase(): Promise<{ db: PostgresDatabase; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'garrison-bench-'));
  const server = new EmbeddedPostgres({ directory: join(directory, 'postgres') });
  await server.start();
  const db = openDatabase({ connection: server.connectionAs('owner') });
  await migrate(db);
  return {
    db,
    async close() {
      await db.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
