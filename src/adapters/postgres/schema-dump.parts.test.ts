import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { rawSql } from '#core/kernel/sql.ts';
import { emptyTestDatabase, type TestDatabase, testDatabase } from '#test/support/database.ts';
import { packagedMigrations } from './migration-files.ts';
import { dumpSchema } from './schema-dump.ts';

let database: TestDatabase;

afterEach(() => database.close());

/** Several statements at once. */
function run(statements: string): Promise<unknown> {
  return database.db.withClient((client) => client.query(statements));
}

const everything = `
  create type colour as enum ('red', 'gr''een');
  create domain positive as int constraint positive_check check (value > 0);
  create sequence counted as int increment 2 start 10;
  create sequence plain;
  create function answer(a int) returns int language sql immutable as $$ select a + 1 $$;
  create table parents (
    id bigint generated always as identity primary key,
    name text collate "C" not null default 'x',
    shade colour, amount positive, twice int generated always as (2 * 2) stored,
    number int not null default nextval('counted'),
    check (length(name) < 10), unique (name, number)
  );
  create table children (parent_id bigint not null references parents on delete cascade, at timestamptz not null)
    partition by range (at);
  create table children_2026 partition of children for values from ('2026-01-01 00:00Z') to ('2027-01-01 00:00Z');
  create table "Odd name" (a int) with (fillfactor = 70);
  create unlogged table quick (a int);
  create index children_at on children (at desc) where parent_id > 5;
  create index parents_lower on parents (lower(name));
  create view seen as select id, name from parents where amount > 3;
  create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger parents_touch before update on parents for each row execute function touch();`;

test('the dump, run on an empty database, makes the schema it was taken from', async () => {
  database = await emptyTestDatabase();
  await run(everything);
  const dump = await dumpSchema(database.db);
  for (const word of [
    "gr''een",
    'positive_check',
    'increment 2',
    'collate "C"',
    'generated always as identity',
    'children_2026',
    '"Odd name"',
    'fillfactor',
    'unlogged',
    'on delete cascade',
    'lower(name)',
    'create view seen',
    'parents_touch',
  ]) {
    expect(dump.toLowerCase()).toContain(word.toLowerCase());
  }
  await run('drop schema public cascade; create schema public;');
  await run(dump);
  expect(await dumpSchema(database.db)).toBe(dump);
});

test('a change of any kind changes the dump', async () => {
  database = await emptyTestDatabase();
  await run(everything);
  const dumps = new Set([await dumpSchema(database.db)]);
  const changes = [
    'alter table parents alter name drop not null',
    'alter table parents alter name set default 1',
    'alter table parents add check (number > 0)',
    'drop index parents_lower',
    "alter type colour add value 'blue'",
    'alter table children drop constraint children_parent_id_fkey',
    'drop trigger parents_touch on parents',
    'create or replace function answer(a int) returns int language sql immutable as $$ select a + 2 $$',
  ];
  for (const change of changes) {
    await database.db.execute(rawSql(change));
    dumps.add(await dumpSchema(database.db));
  }
  expect(dumps.size).toBe(changes.length + 1);
});

test('migrations/schema.sql is what the migrations make (node src/adapters/postgres/write-schema.ts)', async () => {
  database = await testDatabase();
  expect(readFileSync(join(packagedMigrations, 'schema.sql'), 'utf8')).toBe(await dumpSchema(database.db));
});
