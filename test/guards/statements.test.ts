import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type Column, describeStatement, kindOfType } from './describe-statement.ts';
import { type RowField, readStatements, type Statement } from './sql-statements.ts';

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

/** Columns that can be null in their table and never are in these statements. */
const NEVER_NULL: Readonly<Record<string, string>> = {
  'core/certificates/store.ts nodeId': 'only certificates of given nodes, or those that have a node, are selected',
  'core/executions/store-reports.ts outcome': 'the statement ends the execution',
  'core/executions/store-reports.ts finished_position': 'the statement ends the execution',
  'core/executions/store-deliveries.ts node_id': 'only executions of connected nodes are taken',
  'core/runs/list-targets.ts node_id': 'the statement asks for those that have one',
  'core/runs/run-engine.ts node_id': 'the statement asks for those that have one',
};

const statements = readStatements();

test('the guard reads the statements of the sources, each way that they can be put together', () => {
  expect(statements.length).toBeGreaterThan(250);
  const quotas = statements.filter(({ where }) => where.startsWith('core/tenants/claim-quota.ts'));
  for (const table of ['nodes', 'clusters', 'ssh_public_keys', 'enrollment_tokens'])
    expect(quotas.map(({ text }) => text).join()).toMatch(new RegExp(`from ${table}\\b`));
});

test('every statement can be prepared against the schema, and its columns are what its type reads', async () => {
  const nullable = await nullableColumns();
  const wrong: string[] = [];
  for (const statement of statements) {
    const problems = await describeStatement(client, statement.text).then(
      (columns) => mismatches(statement, columns, nullable),
      (error: Error) => [`${error.message}\n${statement.text}`],
    );
    wrong.push(...problems.map((problem) => `${statement.where}: ${problem}`));
  }
  expect(wrong).toEqual([]);
});

test.each<[string, RowField, string[]]>([
  ['id', { name: 'id', kinds: ['string'], takesNull: false }, []],
  ['id', { name: 'id', kinds: ['number'], takesNull: false }, ['id is string and is read as number']],
  ['id, name', { name: 'id', kinds: ['string'], takesNull: false }, ['nothing reads name']],
  ['id as other', { name: 'id', kinds: ['string'], takesNull: false }, ['no column for id', 'nothing reads other']],
  ['revoked_at', { name: 'revoked_at', kinds: ['date'], takesNull: false }, ['revoked_at can be null']],
  [
    'sum(session_epoch) as sum',
    { name: 'sum', kinds: ['number'], takesNull: false },
    ['sum is string and is read as number'],
  ],
  ['oid', { name: 'oid', kinds: ['number'], takesNull: true }, ['column "oid" does not exist']],
])('of nodes, %s read as %j', async (columns, field, problems) => {
  const statement = { where: 'core/x.ts:1', text: `select ${columns} from nodes`, fields: [field] };
  const nullable = await nullableColumns();
  const found = await describeStatement(client, statement.text).then(
    (described) => mismatches(statement, described, nullable),
    (error: Error) => [error.message],
  );
  expect(found).toEqual(problems);
});

function mismatches(statement: Statement, columns: readonly Column[], nullable: ReadonlySet<string>): string[] {
  const { fields, text } = statement;
  if (fields === undefined) return [];
  const names = new Map(columns.map((column) => [column.name, column]));
  const isWhole = /\b(?:select|returning) \*|\.\*/.test(text);
  return [
    ...fields.flatMap((field) => {
      const column = names.get(field.name);
      return column === undefined ? [`no column for ${field.name}`] : problemOf(field, column, nullable, statement);
    }),
    ...columns
      .filter(({ name }) => !isWhole && !fields.some((field) => field.name === name))
      .map(({ name }) => `nothing reads ${name}`),
  ];
}

function problemOf(
  { name, kinds, takesNull }: RowField,
  column: Column,
  nullable: ReadonlySet<string>,
  { where }: Statement,
): string[] {
  const kind = kindOfType(column.type);
  if (kind === undefined) return [`${name} has a type (${column.type}) that no type of ours reads`];
  if (kind !== 'anything' && !kinds.every((one) => one === kind || one === 'anything'))
    return [`${name} is ${kind} and is read as ${kinds.join(' or ')}`];
  const isNeverNull = takesNull || NEVER_NULL[`${where.split(':')[0]} ${name}`] !== undefined;
  return !isNeverNull && nullable.has(`${column.table} ${column.place}`) ? [`${name} can be null`] : [];
}

async function nullableColumns(): Promise<ReadonlySet<string>> {
  const { rows } = await client.query(
    'select attrelid::text as "table", attnum as place from pg_attribute where not attnotnull and attnum > 0 and attrelid >= 16384',
  );
  return new Set(rows.map(({ table, place }) => `${table} ${place}`));
}
