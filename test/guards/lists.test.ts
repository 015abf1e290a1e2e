import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aliasList } from '#core/aliases/alias-list.ts';
import { clusterList } from '#core/clusters/cluster-list.ts';
import { commandExecutionList, commandList } from '#core/commands/command-lists.ts';
import { keyList } from '#core/enrolment/page-keys.ts';
import { sql } from '#core/kernel/sql.ts';
import { pageOf } from '#core/lists/compile-list.ts';
import { comparisonsOf, type Field, type List } from '#core/lists/fields.ts';
import type { Condition, ListRequest } from '#core/lists/list-request.ts';
import { nodeList } from '#core/nodes/page-nodes.ts';
import { sshPublicKeyList, sshUsernameList } from '#core/ssh/ssh-lists.ts';
import { updateList } from '#core/updates/update-list.ts';
import { deliveryList } from '#core/webhooks/delivery-store.ts';
import { webhookList } from '#core/webhooks/webhook-list.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { describeStatement } from './describe-statement.ts';
import { declarationsOf } from './source-imports.ts';

const NOW = new Date('2027-01-01T00:00:00Z');

const LISTS: Readonly<Record<string, List>> = {
  aliasList,
  clusterList,
  commandList,
  commandExecutionList: commandExecutionList({ timedOut: 124, cancelled: 143, unknown: 1 }),
  keyList: keyList(NOW),
  nodeList: nodeList(NOW, { staleAfterMs: 60_000 }),
  sshPublicKeyList,
  sshUsernameList,
  updateList,
  deliveryList,
  webhookList,
};

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

test('every list of the sources is here', () => {
  const declared = declarationsOf(/^export (?:const|function) (\w+List)\b(?: =|[^\n]*\{\n {2}return) defineList\(/gm);
  expect(declared.filter((name) => !Object.hasOwn(LISTS, name))).toEqual([]);
  expect(declared).toHaveLength(Object.keys(LISTS).length);
});

test.each(Object.entries(LISTS))(
  '%s: every filter and every order can be prepared against the schema',
  async (_, list) => {
    for (const [what, request] of requestsOf(list)) {
      const { text } = sql`select 1 from ${pageOf(list, request, sql`true`)}`;
      const problem = await describeStatement(client, text).then(
        () => undefined,
        (error: Error) => error.message,
      );
      expect([what, problem]).toEqual([what, undefined]);
    }
  },
);

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
