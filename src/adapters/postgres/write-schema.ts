import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from './database.ts';
import { EmbeddedPostgres } from './embedded.ts';
import { migrate } from './migrate.ts';
import { packagedMigrations } from './migration-files.ts';
import { dumpSchema } from './schema-dump.ts';

/** Writes `migrations/schema.sql`: run it after adding a migration. */
const directory = await mkdtemp(join(tmpdir(), 'garrison-schema-'));
const postgres = new EmbeddedPostgres({ directory, isThrowaway: true });
try {
  await postgres.start();
  const db = openDatabase({ connection: postgres.connectionAs('owner') });
  await migrate(db);
  await writeFile(join(packagedMigrations, 'schema.sql'), await dumpSchema(db));
  await db.close();
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}
