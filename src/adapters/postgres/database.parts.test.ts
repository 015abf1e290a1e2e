import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { isUniqueViolation } from '#core/kernel/database-errors.ts';
import { rawSql, sql } from '#core/kernel/sql.ts';
import { emptyTestDatabase, type TestDatabase, wireTo } from '#test/support/database.ts';
import { connectionUrl, onDatabase } from '#test/support/database-url.ts';
import { type OpenDatabaseOptions, openDatabase } from './database.ts';

let database: TestDatabase;
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await emptyTestDatabase();
  await database.db.execute(sql`create table things (id int primary key, name text)`);
});

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

afterAll(() => database.close());

test('bigint comes as a number, date as text, and what does not fit into a number is an error', async () => {
  const { db } = database;
  const rows = await db.query(sql`select 5::int8 as big, array[1, null]::int8[] as bigs, date '2026-01-31' as day`);
  expect(rows).toEqual([{ big: 5, bigs: [1, null], day: '2026-01-31' }]);
  await expect(db.query(sql`select 9007199254740993::int8`)).rejects.toThrow('does not fit into a number');
});

test('a transaction commits what it returns from and rolls back what it throws from', async () => {
  const { db } = database;
  await db.transaction((tx) => tx.execute(sql`insert into things values (1, 'kept')`));
  const failure = db.transaction(async (tx) => {
    await tx.execute(sql`insert into things values (2, 'lost')`);
    throw new Error('changed my mind');
  });
  await expect(failure).rejects.toThrow('changed my mind');
  expect(await db.query(sql`select * from things order by id`)).toEqual([{ id: 1, name: 'kept' }]);
});

test('a unique violation is known by its constraint', async () => {
  const { db } = database;
  const again = () => db.execute(sql`insert into things values (7, 'x'), (7, 'y')`);
  const error = await again().catch((caught: unknown) => caught);
  expect(isUniqueViolation(error)).toBe(true);
  expect(isUniqueViolation(error, 'things_pkey')).toBe(true);
  expect(isUniqueViolation(error, 'other')).toBe(false);
  expect(isUniqueViolation(new Error('no'))).toBe(false);
});

test('an error that was swallowed inside a transaction is not told as a success', async () => {
  const { db } = database;
  const work = db.transaction(async (tx) => {
    await tx.execute(sql`insert into things values (20, 'x')`);
    await tx.execute(sql`insert into things values (20, 'y')`).catch(() => {});
    return 'done';
  });
  await expect(work).rejects.toMatchObject({ code: 'internal' });
  expect(await db.query(sql`select * from things where id = 20`)).toEqual([]);
});

test('an error of a statement leaves the connection usable', async () => {
  const db = openDatabase({ connection: database.connection, maxConnections: 1 });
  const pid = () => db.query(sql`select pg_backend_pid() as pid`);
  const before = await pid();
  await expect(db.query(sql`select 1 / ${0}::int as x`)).rejects.toThrow('division by zero');
  await expect(db.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await pid()).toEqual(before);
  await db.close();
});

test('a database that is not there is unavailable, with the reason as cause, and never empty', async () => {
  const db = openDatabase({ connection: { host: '/nonexistent', user: 'u', database: 'd' }, patienceMs: 50 });
  const attempts = [
    () => db.query(sql`select 1`),
    () => db.execute(sql`select 1`),
    () => db.transaction(async () => 1),
  ];
  for (const attempt of attempts) {
    await expect(attempt()).rejects.toMatchObject({ code: 'unavailable', cause: { code: 'ENOENT' } });
  }
  await db.close();
  const refused = openDatabase({ connection: 'postgresql://u@127.0.0.1:1/d', patienceMs: 0 });
  await expect(refused.query(sql`select 1`)).rejects.toMatchObject({
    code: 'unavailable',
    cause: { code: 'ECONNREFUSED' },
  });
  await refused.close();
});

test('a read whose connection breaks is repeated; a write is not, because it may have taken effect', async () => {
  const { db } = database;
  await db.execute(sql`create sequence attempts`);
  const breakOnce = sql`select case when nextval('attempts') = 1 then pg_terminate_backend(pg_backend_pid())::text end as x`;
  expect(await db.query(breakOnce)).toEqual([{ x: null }]);
  await db.execute(sql`alter sequence attempts restart`);
  const write = db.execute(
    sql`insert into things select 30, pg_terminate_backend(pg_backend_pid())::text from nextval('attempts')`,
  );
  await expect(write).rejects.toMatchObject({ code: 'unavailable', cause: { code: '57P01' } });
  expect(await db.query(sql`select last_value from attempts where is_called`)).toEqual([{ last_value: 1 }]);
});

test('a transaction whose connection breaks is unavailable and not repeated', async () => {
  const { db } = database;
  let runs = 0;
  const work = db.transaction(async (tx) => {
    runs += 1;
    await tx.query(sql`select pg_terminate_backend(pg_backend_pid())`);
  });
  await expect(work).rejects.toMatchObject({ code: 'unavailable' });
  expect(runs).toBe(1);
});

test('a named statement survives a change of its table', async () => {
  const { db } = database;
  await db.execute(sql`create table changing (id int)`);
  await db.execute(sql`insert into changing values (1)`);
  const all = () => db.query(sql`select * from changing`);
  expect(await all()).toEqual([{ id: 1 }]);
  await db.execute(sql`alter table changing add column name text default 'new'`);
  expect(await all()).toEqual([{ id: 1, name: 'new' }]);
});

test('the gauges count connections and those who wait for one', async () => {
  const db = openDatabase({ connection: database.connection, maxConnections: 1 });
  const held = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  const holder = db.withClient(async () => {
    isHeld.resolve();
    await held.promise;
  });
  await isHeld.promise;
  const waiter = db.query(sql`select 1 as one`);
  expect(db.gauges).toEqual({ total: 1, idle: 0, waiting: 1 });
  held.resolve();
  await Promise.all([holder, waiter]);
  expect(db.gauges).toEqual({ total: 1, idle: 1, waiting: 0 });
  await Promise.all([db.close(), db.close()]);
});

test('a closed database says so', async () => {
  const db = openDatabase({ connection: database.connection });
  await db.close();
  await expect(db.query(sql`select 1`)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a connection and its URL lead to the same place', async () => {
  const parts = { host: '/a dir/x', port: 5432, user: 'u@x', database: 'd b', password: 'p:/w' };
  const url = connectionUrl(parts);
  expect(url).toBe('postgresql://u%40x:p%3A%2Fw@localhost:5432/d%20b?host=%2Fa+dir%2Fx');
  expect(onDatabase('postgresql://u@h:1/a?sslmode=disable', 'b')).toBe('postgresql://u@h:1/b?sslmode=disable');
  const db = openDatabase({ connection: database.url });
  expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  await db.close();
});

/** The database behind a wire that can go silent. Connections that are made afterwards work. */
async function behindWire(options: Partial<OpenDatabaseOptions> = {}) {
  const { proxy, connection } = await wireTo(database.connection);
  const db = openDatabase({ connection, maxConnections: 3, ...options });
  open.push(async () => {
    await db.close();
    await proxy.close();
  });
  return { db, proxy };
}

const backend = sql`select pg_backend_pid() as pid`;

test('connections that went silent while nobody used them are dropped, and the statement has its answer from a new one', async () => {
  const { db, proxy } = await behindWire({ silentAfterMs: 0 });
  const before = await Promise.all(
    [1, 2, 3].map(() => db.query<{ pid: number }>(sql`select pg_backend_pid() as pid, pg_sleep(0.1)`)),
  );
  proxy.freeze();
  const [after] = await db.query<{ pid: number }>(backend);
  expect(before.flat().map(({ pid }) => pid)).not.toContain(after?.pid);
  expect(db.gauges).toMatchObject({ total: 1, waiting: 0 });
});

test('a statement whose answer never comes fails in time, and its connection is not used again', async () => {
  const { db, proxy } = await behindWire({ statementTimeoutMs: 300, maxConnections: 1 });
  const [before] = await db.query<{ pid: number }>(backend);
  proxy.freeze();
  await expect(db.execute(sql`create table never_told (id int)`)).rejects.toMatchObject({ code: 'unavailable' });
  const [after] = await db.query<{ pid: number }>(backend);
  expect(after?.pid).not.toBe(before?.pid);
});

test('a statement that takes too long is ended by the server', async () => {
  const { db } = await behindWire({ statementTimeoutMs: 200, patienceMs: 0 });
  await expect(db.execute(sql`select pg_sleep(60)`)).rejects.toMatchObject({
    code: 'unavailable',
    facts: { code: '57014' },
  });
  const [stillRunning] = await database.db.query<{ count: number }>(sql`
    select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)%'
      and state = 'active' and pid <> pg_backend_pid()`);
  expect(stillRunning?.count).toBe(0);
});

test('of transactions that wait for each other all end well: what the server rolled back is done again', async () => {
  const { db } = database;
  await db.execute(sql`insert into things values (101, 'a'), (102, 'b') on conflict do nothing`);
  let attempts = 0;
  const arrived: (() => void)[] = [];
  const both = new Promise<void>((resolve) => arrived.push(resolve));
  const change = (first: number, second: number) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`update things set name = name || 'x' where id = ${first}`);
      attempts += 1;
      if (attempts === 2) arrived[0]?.();
      await both;
      await tx.execute(sql`update things set name = name || 'x' where id = ${second}`);
    });
  await Promise.all([change(101, 102), change(102, 101)]);
  expect(attempts).toBeGreaterThan(2);
  expect(await db.query(sql`select name from things where id in (101, 102) order by id`)).toEqual([
    { name: 'axx' },
    { name: 'bxx' },
  ]);
});

test.each(['40001', '40P01'])(
  'what is rolled back each time (%s) is unavailable to the caller and no defect',
  async (state) => {
    const { db } = database;
    await database.asOwner(
      rawSql(`create or replace function give_up(state text) returns int language plpgsql as
      $$ begin raise exception 'in the way' using errcode = state; end $$`),
    );
    let attempts = 0;
    const work = db.transaction((tx) => {
      attempts += 1;
      return tx.query(sql`select give_up(${state})`);
    });
    await expect(work).rejects.toMatchObject({ code: 'unavailable', facts: { code: state } });
    expect(attempts).toBe(6);
    await expect(db.query(sql`select give_up(${state})`)).rejects.toMatchObject({ code: 'unavailable' });
  },
);

test('a transaction whose client stands still lets its locks go', async () => {
  const locked = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  const frozen = database.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(4711)`);
    locked.resolve();
    await isOver.promise;
    await tx.execute(sql`select 1`);
  });
  await locked.promise;
  await database.db.execute(sql`select pg_advisory_xact_lock(4711)`);
  isOver.resolve();
  await expect(frozen).rejects.toMatchObject({ code: 'unavailable' });
});

test('work that takes as long as it takes has no limit, and the next statement has one again', async () => {
  const { db } = await behindWire({ statementTimeoutMs: 200, maxConnections: 1, patienceMs: 0 });
  await db.withClient((client) => client.query('select pg_sleep(0.5)'));
  await expect(db.execute(sql`select pg_sleep(60)`)).rejects.toMatchObject({ code: 'unavailable' });
});
