import { expect, test } from 'vitest';
import { allOf, constantSql, joinSql, preparedSql, rawSql, type Sql, sql } from './sql.ts';

test('values become parameters and never text', () => {
  const statement = sql`select * from nodes where name = ${"'; drop table nodes"} and id = ${7}`;
  expect(statement.text).toBe('select * from nodes where name = $1 and id = $2');
  expect(statement.values).toEqual(["'; drop table nodes", 7]);
});

test('a fragment inside a fragment is spliced in with its parameters in order', () => {
  const conditions = allOf([sql`a = ${1}`, sql`b in (${joinSql([sql`${2}`, sql`${3}`], ', ')})`]);
  const statement = sql`select ${0} where ${conditions} limit ${4}`;
  expect(statement.text).toBe('select $1 where a = $2 and b in ($3, $4) limit $5');
  expect(statement.values).toEqual([0, 1, 2, 3, 4]);
});

test('only a text that is constant for its call site has a name', () => {
  const constant = (id: number) => sql`select ${id}`;
  expect(constant(1).name).toBeDefined();
  expect(constant(1).name).toBe(constant(2).name);
  expect(sql`select ${sql`now()`}`.name).toBeUndefined();
  expect(sql`select ${rawSql('now()')}`.name).toBeUndefined();
});

test('constants belong to the text, and to the name that it is prepared under', () => {
  const [now, today] = [constantSql('now()'), constantSql('current_date')];
  const either = (isDay: boolean, id: number) => sql`select ${isDay ? today : now} where ${id}`;
  expect(either(true, 1).name).toBeDefined();
  expect(either(true, 1).name).toBe(either(true, 2).name);
  expect(either(false, 1).name).not.toBe(either(true, 1).name);
  expect(either(false, 1).text).toBe('select now() where $1');
});

test('a statement that is said to be one of a few texts is prepared, whatever it is put together of', () => {
  const quota = (kind: Sql, id: number) => preparedSql`select count(*) from (${kind}) as counted where ${id}`;
  const [nodes, keys] = [sql`select ${1} from nodes`, sql`select ${2} from api_keys`];
  expect(quota(nodes, 1).name).toBeDefined();
  expect(quota(nodes, 1).name).toBe(quota(nodes, 2).name);
  expect(quota(nodes, 1).name).not.toBe(quota(keys, 1).name);
  expect(sql`select from (${quota(nodes, 1)}) as inner`.name).toBeUndefined();
});

test('no more texts are prepared than a program has places in its source', () => {
  const names = Array.from({ length: 2_001 }, (_, each) => preparedSql`${rawSql(`select 'n${each}'`)}`.name);
  expect(names.at(-1)).toBeUndefined();
});
