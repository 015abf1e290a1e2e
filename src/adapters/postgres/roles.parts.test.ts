import { afterEach, beforeEach, expect, test } from 'vitest';
import { rawSql, sql } from '#core/kernel/sql.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { onDatabase } from '#test/support/database-url.ts';
import { testServer } from '#test/support/test-server.ts';
import type { PostgresConnection } from './connection.ts';
import { openDatabase, type PostgresDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { prepareDatabase, ROLES } from './roles.ts';

let database: TestDatabase;
let name: string;

beforeEach(async ({ skip }) => {
  if (process.env.DATABASE_URL_TEST !== undefined) skip('roles are those of the embedded server');
  database = await testDatabase();
  [{ name } = { name: '' }] = await database.db.query<{ name: string }>(sql`select current_database()::text as name`);
});

afterEach(() => database?.close());

async function as<T>(connection: PostgresConnection, work: (db: PostgresDatabase) => Promise<T>): Promise<T> {
  const db = openDatabase({ connection, maxConnections: 1 });
  return work(db).finally(() => db.close());
}

const superuser = async () => (await testServer()).superuser;

test('the application is no superuser, makes nothing, owns nothing, and belongs to no other role', async () => {
  expect(
    await database.db.query(sql`
      select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls as "isMighty",
        (select count(*) from pg_class where relowner = pg_roles.oid) as owned,
        (select count(*) from pg_auth_members where member = pg_roles.oid) as memberships
      from pg_roles where rolname = current_user`),
  ).toEqual([{ isMighty: false, owned: 0, memberships: 0 }]);
});

test.each([
  ['starts no program', `copy nodes to program 'cat'`],
  ['reads no program', `copy nodes from program 'true'`],
  ['writes no file', `copy nodes to '/tmp/nodes'`],
  ['reads no file', `select pg_read_file('/etc/hostname')`],
  ['lists no directory', `select pg_ls_dir('/')`],
  ['imports no large object', `select lo_import('/etc/hostname')`],
  ['loads no library', `load '/tmp/evil.so'`],
  ['makes no function in C', `create function evil() returns int language c as '/tmp/evil', 'evil'`],
  ['makes no table', 'create table mine (id int)'],
  ['makes no database', 'create database mine'],
  ['makes no role', 'create role mine superuser'],
  ['becomes no owner', `set role ${ROLES.owner}`],
  ['becomes no superuser', `set session authorization ${ROLES.superuser}`],
  ['changes no table', 'alter table nodes add column mine int'],
  ['drops no table', 'drop table nodes'],
  ['empties no table', 'truncate audit'],
  ['rewrites no audit entry', `update audit set subject = 'somebody else'`],
  ['removes no audit entry', 'delete from audit'],
  ['locks nobody out of the audit log', 'select from audit for update'],
  ['forgets no checkpoint of the audit log', 'delete from audit_checkpoints'],
  ['switches no trigger off', 'alter table nodes disable trigger all'],
  ['forges no migration', `insert into schema_migrations values (9999, 'x', 'x', false)`],
  ['changes no setting of the server', `alter system set archive_command = 'id'`],
])('the application %s', async (_, statement) => {
  await expect(database.db.execute(rawSql(statement))).rejects.toThrow(
    /permission denied|must be owner|only superusers|access to library .* is not allowed|not allowed/,
  );
});

test.each([
  ['drop_day', `select drop_day('nodes', '20260310')`],
  ['drop_day', `select drop_day('events', '20260310; drop table nodes')`],
  ['make_day', `select make_day('audit', '20260310', gen_random_uuid(), gen_random_uuid())`],
  ['dissolve_output_day', `select dissolve_output_day('default')`],
])('the functions of the owner take a day of a daily table and nothing else: %s', async (_, statement) => {
  await expect(database.db.query(rawSql(statement))).rejects.toMatchObject({ code: '22023' });
});

test('a table that a later migration makes is the application’s to read and write', async () => {
  await database.db.query(sql`select count(*) from schema_migrations`);
  const { owner = '' } = await testServer();
  const text = 'create table later (id int generated always as identity, word text)';
  const known = await database.db.query<{ version: number; name: string; checksum: string; isBreaking: boolean }>(
    sql`select version, name, checksum, is_breaking as "isBreaking" from schema_migrations order by version`,
  );
  const later = { version: 9999, name: '9999_later', text, checksum: 'x', isBreaking: false };
  const migrations = [...known.map((one) => ({ ...one, text: '' })), later];
  await as(onDatabase(owner, name), (db) => migrate(db, { migrations, application: ROLES.application }));
  await database.db.execute(sql`insert into later (word) values ('a')`);
  expect(await database.db.query(sql`select * from later`)).toEqual([{ id: 1, word: 'a' }]);
});

test('what an earlier version granted beyond that is taken back at the next start', async () => {
  const { owner = '' } = await testServer();
  await database.asOwner(rawSql(`grant update, delete, truncate on audit, schema_migrations to ${ROLES.application}`));
  await as(onDatabase(owner, name), (db) => migrate(db, { application: ROLES.application }));
  for (const table of ['audit', 'schema_migrations'])
    await expect(database.db.execute(rawSql(`delete from ${table}`))).rejects.toMatchObject({ code: '42501' });
});

test('what an earlier version left to the superuser becomes the owner’s', async () => {
  const server = await superuser();
  await as(onDatabase(server, name), (db) =>
    db.withClient((client) =>
      client.query(`create table old (id bigserial, day int) partition by range (day);
        create table old_1 partition of old for values from (1) to (2); create sequence old_numbers;
        create type old_mood as enum ('good'); create function old_one() returns int language sql as 'select 1';
        create view old_view as select 1 as one`),
    ),
  );
  await prepareDatabase((one) => onDatabase(server, one), name);
  await prepareDatabase((one) => onDatabase(server, one), name);
  const owners = await database.db.query<{ owner: string }>(sql`
    select relowner::regrole::text as owner from pg_class where relname like 'old%' union all
    select proowner::regrole::text from pg_proc where proname like 'old%' union all
    select typowner::regrole::text from pg_type where typname = 'old_mood'`);
  expect(new Set(owners.map(({ owner }) => owner))).toEqual(new Set([ROLES.owner]));
  await expect(database.db.execute(sql`create temp table nodes (id int)`)).rejects.toThrow('permission denied');
});

test('nobody else may call the functions of the owner', async () => {
  expect(
    await database.db.query(sql`
      select proname from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as entry
      where pronamespace = 'public'::regnamespace and prosecdef and grantee = 0`),
  ).toEqual([]);
});

test('every function that runs as its owner fixes where it looks for names', async () => {
  expect(
    await database.db.query(sql`
      select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
        and not coalesce(proconfig, '{}') && array['search_path=public, pg_temp']`),
  ).toEqual([]);
});
