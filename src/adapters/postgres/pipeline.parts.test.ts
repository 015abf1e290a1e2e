import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { emptyTestDatabase, type TestDatabase } from '#test/support/database.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';

let database: TestDatabase;
let pipeline: Pipeline;

beforeAll(async () => {
  database = await emptyTestDatabase();
  await database.db.execute(sql`create table things (id int primary key)`);
  pipeline = openPipeline(database);
});
afterAll(async () => {
  await pipeline.close();
  await database.close();
});

test('statements share one connection, run in order, and fail alone', async () => {
  const insert = (id: number) => pipeline.execute(sql`insert into things values (${id})`);
  const outcomes = await Promise.allSettled([1, 2, 2, 3].map(insert));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(await pipeline.query(sql`select id from things order by id`)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  const pids = await Promise.all([1, 2].map(() => pipeline.query(sql`select pg_backend_pid() as pid`)));
  expect(pids[0]).toEqual(pids[1]);
});

test('when the connection breaks what is under way is unavailable, and the next statement works', async () => {
  const outcomes = await Promise.allSettled([
    pipeline.query(sql`select pg_terminate_backend(pg_backend_pid())`),
    pipeline.query(sql`select 1`),
  ]);
  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: { code: 'unavailable' } },
    { status: 'rejected', reason: { code: 'unavailable' } },
  ]);
  expect(await pipeline.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
});

test('closing twice is harmless, and a closed one says so', async () => {
  const other = openPipeline(database);
  await other.query(sql`select 1`);
  await Promise.all([other.close(), other.close()]);
  await expect(other.query(sql`select 1`)).rejects.toMatchObject({ code: 'unavailable' });
  const unused = openPipeline({ connection: { host: '/nonexistent', user: 'u', database: 'd' } });
  await expect(unused.query(sql`select 1`)).rejects.toMatchObject({ code: 'unavailable' });
  await unused.close();
});
