import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDays } from '#core/days/make-days.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { emptyTestDatabase, type TestDatabase, testDatabase } from '#test/support/database.ts';
import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { type Migration, readMigrations } from './migration-files.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await emptyTestDatabase();
});
afterEach(() => database.close());

function migration(version: number, text: string): Migration {
  const checksum = createHash('sha256').update(text).digest('hex');
  return { version, name: `000${version}_step`, text, checksum, isBreaking: text.startsWith('-- breaking') };
}

const first = migration(1, 'create table a (id int)');
const second = migration(2, 'create table b (id int)');

async function tables(): Promise<string[]> {
  const rows = await database.db.query<{ name: string }>(
    sql`select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  return rows.map(({ name }) => name);
}

test('the missing ones are applied in order, and again changes nothing', async () => {
  expect(await migrate(database.db, { migrations: [first] })).toEqual(['0001_step']);
  expect(await migrate(database.db, { migrations: [first, second] })).toEqual(['0002_step']);
  expect(await migrate(database.db, { migrations: [first, second] })).toEqual([]);
  expect(await tables()).toEqual(['a', 'b', 'schema_migrations']);
});

test('it stops where it is told to', async () => {
  expect(await migrate(database.db, { migrations: [first, second], upTo: 1 })).toEqual(['0001_step']);
  expect(await tables()).toEqual(['a', 'schema_migrations']);
});

test('controllers that start together apply each migration once', async () => {
  const others = [1, 2, 3].map(() => openDatabase({ connection: database.connection, maxConnections: 1 }));
  const applied = await Promise.all(others.map((db) => migrate(db, { migrations: [first, second] })));
  expect(applied.flat().sort()).toEqual(['0001_step', '0002_step']);
  await Promise.all(others.map((db) => db.close()));
});

test('one that fails leaves nothing of itself, keeps those before it, and says which it was', async () => {
  const bad = migration(2, 'create table b (id int); create table a (id int)');
  await expect(migrate(database.db, { migrations: [first, bad] })).rejects.toThrow(
    'migration 0002_step failed and was rolled back',
  );
  expect(await tables()).toEqual(['a', 'schema_migrations']);
  expect(await migrate(database.db, { migrations: [first, second] })).toEqual(['0002_step']);
});

test('one that was edited after it was applied is refused', async () => {
  await migrate(database.db, { migrations: [first] });
  const edited = migration(1, 'create table a (id bigint)');
  await expect(migrate(database.db, { migrations: [edited, second] })).rejects.toThrow('must never be edited');
  expect(await tables()).toEqual(['a', 'schema_migrations']);
});

test('a newer schema is accepted unless it says that it breaks older programs', async () => {
  await migrate(database.db, { migrations: [first, second] });
  expect(await migrate(database.db, { migrations: [first] })).toEqual([]);
  await migrate(database.db, { migrations: [first, second, migration(3, '-- breaking: a is gone\ndrop table a')] });
  const older = migrate(database.db, { migrations: [first, second] });
  await expect(older).rejects.toMatchObject({ code: 'conflict' });
  await expect(older).rejects.toThrow('newer version of Garrison (migration 0003_step)');
});

test('one that was skipped is refused', async () => {
  await migrate(database.db, { migrations: [second] });
  await expect(migrate(database.db, { migrations: [first, second] })).rejects.toThrow('0001_step was never applied');
});

test('the migrations of this repository are numbered without gaps and make the schema the tests clone', async () => {
  const migrations = await readMigrations();
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  const names = await migrate(database.db);
  expect(names[0]).toBe('0001_foundation');
  const clone = await testDatabase();
  const query = sql`select name, checksum from schema_migrations order by version`;
  expect(await clone.db.query(query)).toEqual(await database.db.query(query));
  await clone.close();
});

test('two files with one number are refused', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-migrations-'));
  for (const name of ['0001_a.sql', '0001_b.sql', 'schema.sql']) writeFileSync(join(directory, name), '');
  await expect(readMigrations(directory)).rejects.toThrow('0001_a and 0001_b have the same number');
  rmSync(directory, { recursive: true });
});

test('output and events from before there were days are kept, and found as before', async () => {
  const { db } = database;
  await migrate(db, { upTo: 3 });
  const [runId, executionId, eventId] = [newId(), newId(), newId()];
  await db.execute(sql`
    insert into output_chunks (execution_id, run_id, feed_position, ordinal, stream, stream_offset, data)
    values (${executionId}, ${runId}, 7, 0, 1, 0, ${Buffer.from('text')})`);
  await db.execute(sql`
    insert into events (id, tenant_id, type, subject, data) values (${eventId}, ${newId()}, 'thing.done', 'thing', '{}')`);
  await migrate(db);
  await makeDays({ db, clock: systemClock });
  expect(await db.query(sql`select data, feed_position from output_chunks where run_id = ${runId}`)).toEqual([
    { data: Buffer.from('text'), feed_position: 7 },
  ]);
  expect(await db.query(sql`select type from events where id = ${eventId}`)).toEqual([{ type: 'thing.done' }]);
});
