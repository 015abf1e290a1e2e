import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { pageOf } from '#core/lists/compile-list.ts';
import { comparisonsOf, type Field, type List } from '#core/lists/fields.ts';
import type { Condition, ListRequest } from '#core/lists/list-request.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { describeStatement } from './describe-statement.ts';
import { declarationsOf, ROOT } from './source-imports.ts';

const NOW = new Date('2027-01-01T00:00:00Z');

/** What lists are made of that depend on something. */
const PARTS: Readonly<Record<string, readonly unknown[]>> = {
  commandExecutionList: [{ timedOut: 124, cancelled: 143, unknown: 1 }],
  keyList: [NOW],
  nodeList: [NOW, { staleAfterMs: 60_000 }],
};

const DECLARATION = /^export (?:const|function) (\w+List)\b(?: =|[^\n]*\{\n {2}return) defineList\(/gm;
const LISTS = await Promise.all(declarationsOf(DECLARATION).map(async (one) => [one.name, await listOf(one)] as const));

async function listOf({ name, file }: { name: string; file: string }): Promise<List> {
  const module: Record<string, List | ((...parts: readonly unknown[]) => List)> = await import(join(ROOT, 'src', file));
  const list = module[name];
  if (typeof list !== 'function') return list as List;
  return list(...(PARTS[name] ?? []));
}

const SAMPLES: Readonly<Record<Exclude<Field['kind'], 'text' | 'choice'>, string | number | boolean>> = {
  uuid: '0190a5c0-0000-7000-8000-000000000000',
  integer: 5,
  flag: false,
  instant: '2027-01-01T00:00:00.000000Z',
  special: 'abc',
};

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.close();
});

test('the lists of the sources are found', () => {
  expect(LISTS.map(([name]) => name)).toEqual(expect.arrayContaining(['clusterList', ...Object.keys(PARTS)]));
});

test.each(LISTS)('%s: every filter and every order can be prepared against the schema', async (_, list) => {
  for (const [what, request] of requestsOf(list)) {
    const { text } = sql`select 1 from ${pageOf(list, request, sql`true`)}`;
    const problem = await describeStatement(client, text).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect([what, problem]).toEqual([what, undefined]);
  }
});

function requestsOf(list: List): [string, ListRequest][] {
  const fields = Object.entries(list.fields);
  const filters = fields.flatMap(([field, about]) => conditionsOn(field, about));
  const sortable = fields.flatMap(([field, { isSortable }]) => (isSortable ? [field] : []));
  return [
    ...filters.map((condition) => named(condition, { conditions: [condition] })),
    ...sortable.map((field) => named({ order: field }, { order: [{ field, direction: 'asc' }] })),
  ];
}

function named(what: object, request: Partial<ListRequest>): [string, ListRequest] {
  const newest: ListRequest['order'] = [{ field: 'createdAt', direction: 'desc' }];
  return [JSON.stringify(what), { conditions: [], order: newest, page: 1, pageSize: 20, ...request }];
}

function conditionsOn(field: string, about: Field): readonly Condition[] {
  if (about.kind === 'text') return [{ field, is: 'like', anyOf: [{ like: 'a*' }, { exactly: 'b' }] }];
  if (about.kind === 'choice') return about.values.map((value) => ({ field, is: 'equal', value }));
  const value = SAMPLES[about.kind];
  return comparisonsOf(about).map((comparison) =>
    comparison === 'exact' ? { field, is: 'equal', value } : { field, is: comparison, value: value as string | number },
  ); // only instants and integers have bounds
}
