import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { makeDays } from '#core/days/make-days.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { newId } from '#core/kernel/ids.ts';
import { rawSql, sql } from '#core/kernel/sql.ts';
import { emptyTestDatabase } from '#test/support/database.ts';
import { backup, checkBackup, restore } from './backup.ts';
import { openDatabase, type PostgresDatabase } from './database.ts';
import { EmbeddedPostgres } from './embedded.ts';
import { migrate } from './migrate.ts';
import { type Migration, readMigrations } from './migration-files.ts';
import { dumpSchema } from './schema-dump.ts';

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** The schema as it is, and tables beside it that are hard to carry. */
const migrations = [...(await readMigrations())];
const hard = `
  create sequence tickets;
  create table authors (id uuid primary key, name text not null, boss uuid references authors);
  create table books (author uuid references authors, title text, facts jsonb, labels text[], at timestamptz, cover bytea,
    price numeric, weight float8, network cidr, primary key (author, title));
  create table pages (title text, number bigint, data bytea not null, primary key (number));`;
migrations.push({ version: 9999, name: '9999_hard', text: hard, checksum: 'hard', isBreaking: false });

async function migrated(): Promise<PostgresDatabase> {
  const db = await empty();
  await migrate(db, { migrations });
  return db;
}

async function empty(): Promise<PostgresDatabase> {
  const database = await emptyTestDatabase();
  open.push(database);
  return database.db;
}

async function save(db: PostgresDatabase): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await backup(db, new Writable({ write: (chunk, _, done) => done(chunks.push(chunk) > 0 ? null : undefined) }));
  return Buffer.concat(chunks);
}

const read = (file: Buffer) => Readable.from([file]);

/** Rows in tables that refer to each other, with values that are hard to carry. */
async function fill(db: PostgresDatabase): Promise<void> {
  const [boss, writer] = [newId(), newId()];
  await db.execute(sql`insert into tenants (id, kind, slug, name) values (${newId()}, 'org', 'a', 'A')`);
  await db.execute(
    sql`insert into authors values (${writer}, ${'tab\t line\n back\\slash \\N ä€😀'}, ${boss}), (${boss}, '', null)`,
  );
  for (const title of ['a', 'B', 'ä', '']) {
    await db.execute(sql`insert into books values (${writer}, ${title}, ${'{"k": null, "1": [1.50, 1e3]}'}, ${['x', 'null', '"', ',']},
      ${'2026-03-29 01:59:59.123456+00'}, ${randomBytes(64)}, 1.10, ${0.1 + 0.2}, '100.64.0.0/24')`);
  }
  await db.execute(
    sql`insert into pages select 'p', n, decode(repeat(md5(n::text), 1000), 'hex') from generate_series(1, 200) n`,
  );
  await db.query(sql`select setval('tickets', 4711)`);
}

/** Every table of ours by its rows, read without the code under test. */
async function contents(db: PostgresDatabase): Promise<Record<string, string>> {
  const tables = await db.query<{ name: string }>(
    sql`select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const hashes: Record<string, string> = {};
  for (const { name } of tables.filter((table) => table.name !== 'schema_migrations')) {
    const rows = await db.query<{ row: string }>(rawSql(`select to_jsonb(t)::text as row from "${name}" t`));
    hashes[name] = createHash('sha256')
      .update(
        rows
          .map(({ row }) => row)
          .sort()
          .join('\n'),
      )
      .digest('hex');
  }
  return hashes;
}

test('what was saved is restored, byte for byte, with its sequences', async () => {
  const [source, target] = [await migrated(), await empty()];
  await fill(source);
  const file = await save(source);
  const told: string[] = [];
  const summary = await restore(target, read(file), { migrations, onTable: ({ name }) => told.push(name) });
  expect(await contents(target)).toEqual(await contents(source));
  expect(await dumpSchema(target)).toBe(await dumpSchema(source));
  expect(await target.query(sql`select nextval('tickets') as ticket`)).toEqual([{ ticket: 4712 }]);
  expect(summary.tables.find(({ name }) => name === 'books')).toMatchObject({ rows: 4 });
  expect(told).toEqual(summary.tables.map(({ name }) => name));
  expect(told.indexOf('authors')).toBeLessThan(told.indexOf('books'));
});

test('days come back as days, with their rows in them', async () => {
  const [source, target] = [await migrated(), await empty()];
  await makeDays({ db: source, clock: systemClock });
  await source.execute(sql`
    insert into output_chunks (execution_id, run_id, feed_position, ordinal, stream, stream_offset, data)
    values (${newId()}, ${newId()}, 1, 0, 1, 0, ${randomBytes(64)})`);
  await restore(target, read(await save(source)), { migrations });
  expect(await contents(target)).toEqual(await contents(source));
  expect(await dumpSchema(target)).toBe(await dumpSchema(source));
  await makeDays({ db: target, clock: systemClock });
  expect(await dumpSchema(target)).toBe(await dumpSchema(source));
});

test('the hashes agree: of the file, of what was restored, and of a second backup', async () => {
  const [source, target] = [await migrated(), await migrated()];
  await fill(source);
  const file = await save(source);
  const restored = await restore(target, read(file), { migrations });
  const again = await save(target);
  expect((await checkBackup(read(file))).tables).toEqual(restored.tables);
  expect((await checkBackup(read(again))).tables).toEqual(restored.tables);
});

test('a backup is of one moment, whatever is written meanwhile', async () => {
  const [source, target] = [await migrated(), await empty()];
  const insert = (slug: string) =>
    source.execute(sql`insert into tenants (id, kind, slug, name) values (${newId()}, 'org', ${slug}, '')`);
  await insert('before');
  const chunks: Buffer[] = [];
  let isFirst = true;
  const output = new Writable({ write: (chunk, _, done) => done(chunks.push(chunk) > 0 ? null : undefined) });
  const writes: Promise<unknown>[] = [];
  await backup(source, output, {
    onTable: () => {
      if (isFirst) writes.push(insert('meanwhile'));
      isFirst = false;
    },
  });
  await Promise.all(writes);
  await restore(target, read(Buffer.concat(chunks)), { migrations });
  expect(await target.query(sql`select slug from tenants`)).toEqual([{ slug: 'before' }]);
});

test('a database that is not empty is refused and stays as it is', async () => {
  const [source, target] = [await migrated(), await migrated()];
  await target.execute(sql`insert into tenants (id, kind, slug, name) values (${newId()}, 'org', 'here', '')`);
  const before = await contents(target);
  const refusal = restore(target, read(await save(source)), { migrations });
  await expect(refusal).rejects.toMatchObject({ code: 'conflict' });
  await expect(refusal).rejects.toThrow('tenants has rows');
  expect(await contents(target)).toEqual(before);
});

test('a backup of a version this program does not know is refused', async () => {
  const source = await empty();
  const other: Migration[] = [
    { version: 1, name: '0001_other', text: 'create table x (a int)', checksum: 'c', isBreaking: false },
  ];
  await migrate(source, { migrations: other });
  await expect(restore(await empty(), read(await save(source)))).rejects.toThrow(
    'whose schema this one does not know (migration 0001_other)',
  );
});

test('an older backup is restored at its own version; a newer database refuses it', async () => {
  const step = (version: number, text: string): Migration => ({
    version,
    name: `000${version}`,
    text,
    checksum: text,
    isBreaking: false,
  });
  const old = [step(1, 'create table x (id int primary key, a int)')];
  const young = [...old, step(2, 'alter table x drop column a; create table y (id int)')];
  const source = await empty();
  await migrate(source, { migrations: old });
  await source.execute(sql`insert into x values (1, 2)`);
  const file = await save(source);
  const target = await empty();
  await restore(target, read(file), { migrations: young });
  expect(await target.query(sql`select * from x`)).toEqual([{ id: 1, a: 2 }]);
  const newer = await empty();
  await migrate(newer, { migrations: young });
  await expect(restore(newer, read(file), { migrations: young })).rejects.toThrow('has migration 2 already');
});

test('partitions, generated columns, triggers and tables without a key are carried too', async () => {
  const text = `create table parts (at date not null, n int generated always as identity, twice int generated always as (1 + 1) stored)
      partition by range (at);
    create table bag (a text, b int);
    create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
    create trigger refuse before insert on bag for each row execute function refuse();`;
  const odd: Migration[] = [{ version: 1, name: '0001_x', text, checksum: 'c', isBreaking: false }];
  const [source, target] = [await empty(), await empty()];
  await migrate(source, { migrations: odd });
  await source.execute(
    sql`create table parts_2026 partition of parts for values from ('2026-01-01') to ('2027-01-01')`,
  );
  await source.execute(sql`insert into parts (at) values ('2026-05-05'), ('2026-06-06')`);
  await source.execute(sql`alter table bag disable trigger refuse`);
  await source.execute(sql`insert into bag values ('b', 1), (null, 2), ('a', null), ('a', null)`);
  await source.execute(sql`alter table bag enable trigger refuse`);
  await restore(target, read(await save(source)), { migrations: odd });
  expect(await contents(target)).toEqual(await contents(source));
  await expect(target.execute(sql`insert into bag values ('x', 1)`)).rejects.toThrow('no');
  await target.execute(sql`insert into parts (at) values ('2026-07-07')`);
  expect(await target.query(sql`select n from parts_2026 order by n`)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test.each<[string, (file: Buffer) => Buffer, string]>([
  ['not gzip', () => Buffer.from('select 1'), 'it cannot be read'],
  ['not a backup', () => gzipSync('hello, this is something else entirely'), 'it does not begin as one'],
  ['cut in the middle', (file) => file.subarray(0, file.length / 2), 'not a whole backup'],
  ['without its last frame', (file) => gzipSync(gunzipSync(file).subarray(0, -71)), 'it ends too early'],
  [
    'with a byte of its rows changed',
    (file) => change(file, 'tab\\t', 'tap\\t'),
    'the rows of authors are not those that were saved',
  ],
  ['with a table renamed', (file) => change(file, '"name":"books"', '"name":"bookz"'), 'there is no table bookz'],
  ['with a number of rows changed', (file) => change(file, '"rows":4', '"rows":5'), 'not'],
])('a file that is %s is refused, and nothing is kept', async (_, spoil, message) => {
  const [source, target] = [await migrated(), await migrated()];
  await fill(source);
  const file = spoil(await save(source));
  const before = await contents(target);
  const refusal = restore(target, read(file), { migrations });
  await expect(refusal).rejects.toThrow(message);
  expect(await contents(target)).toEqual(before);
});

function change(file: Buffer, from: string, to: string): Buffer {
  const text = gunzipSync(file).toString('latin1');
  expect(text).toContain(from);
  return gzipSync(Buffer.from(text.replace(from, to), 'latin1'));
}

test('a full disk ends the backup with its own error', async () => {
  const source = await migrated();
  await fill(source);
  const disk = new Writable({ write: (_chunk, _encoding, done) => done(new Error('ENOSPC: no space left on device')) });
  await expect(backup(source, disk)).rejects.toThrow('ENOSPC');
  expect(await source.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
});

test('it is the way from PostgreSQL 15 to the embedded one, and the schema is the same on both', async ({ skip }) => {
  const binDir = '/usr/lib/postgresql/15/bin';
  if (!existsSync(join(binDir, 'initdb'))) skip('PostgreSQL 15 is not installed here');
  const directory = mkdtempSync(join(tmpdir(), 'garrison-backup-'));
  const old = new EmbeddedPostgres({ directory, binDir, isThrowaway: true });
  open.push({ close: () => old.stop().then(() => rmSync(directory, { recursive: true })) });
  await old.start();
  const source = openDatabase({ connection: old.connectionAs('owner') });
  open.push(source);
  await migrate(source, { migrations });
  await fill(source);
  const target = await empty();
  const summary = await restore(target, read(await save(source)), { migrations });
  expect(summary.header.serverVersion).toMatch(/^15\./);
  expect(await contents(target)).toEqual(await contents(source));
  expect(await dumpSchema(target)).toBe(await dumpSchema(source));
});
