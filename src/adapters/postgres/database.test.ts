import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUniqueViolation } from '#core/kernel/database-errors.ts';
import { sql } from '#core/kernel/sql.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.db.execute(sql`create table things (id int primary key, name text)`);
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
