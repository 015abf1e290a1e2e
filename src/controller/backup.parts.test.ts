import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import { sql } from '#core/kernel/sql.ts';
import { backupController, checkBackup, restoreController } from './backup.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'garrison-backup-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const flagsFor = (name: string) => ({ flags: { dataDir: join(directory, name) }, env: {} });

async function backupOf(name: string): Promise<Buffer> {
  const output = new PassThrough();
  const [bytes] = await Promise.all([buffer(output), backupController(flagsFor(name), output)]);
  return bytes;
}

async function hashesOf(bytes: Buffer): Promise<string[]> {
  return (await checkBackup(Readable.from(bytes))).tables.map(({ name, sha256 }) => `${name} ${sha256}`);
}

test('a backup is the same beside a controller and without one, and fills a new data directory', async () => {
  const embedded = new EmbeddedPostgres({ directory: join(directory, 'old', 'postgres') });
  await embedded.start();
  const db = openDatabase({ connection: embedded.connectionAs('owner') });
  let whileRunning: Buffer;
  try {
    await migrate(db);
    await db.execute(sql`insert into tenants (id, kind, slug, name) values (gen_random_uuid(), 'org', 'acme', 'Acme')`);
    whileRunning = await backupOf('old');
    await expect(restoreController(flagsFor('old'), Readable.from(whileRunning))).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  } finally {
    await db.close();
    await embedded.stop();
  }
  const afterwards = await backupOf('old');
  await restoreController(flagsFor('new'), Readable.from(afterwards));
  const hashes = await hashesOf(whileRunning);
  expect(hashes.length).toBeGreaterThan(10);
  expect(await hashesOf(afterwards)).toEqual(hashes);
  expect(await hashesOf(await backupOf('new'))).toEqual(hashes);
});
