import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { Sealer } from '../kernel/sealer.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { NodeSecretsReader } from './node-secrets.ts';
import { readNodes } from './store.ts';

let database: TestDatabase;
let tenant: SeededTenant;
beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
});
afterEach(() => database.close());

function setup() {
  let reads = 0;
  const query: Queryable['query'] = (statement) => {
    reads += 1;
    return database.db.query(statement);
  };
  const db: Queryable = { query, execute: (statement) => database.db.execute(statement) };
  const reader = new NodeSecretsReader({ db, sealer: new Sealer(Buffer.alloc(32)) });
  const ctx = contextOf(tenant);
  const nodes = () => readNodes(database.db, ctx, { where: sql`true`, after: undefined, limit: 10 });
  const tokens = async () => {
    const secrets = await reader.read(ctx, await nodes());
    return [...secrets.values()].map(({ apiToken }) => apiToken.reveal());
  };
  return { reader, ctx, nodes, tokens, reads: () => reads };
}

test('secrets are read once, and anew when the node has joined again', async () => {
  const [id] = await seedNodes(database.db, tenant, [{}, {}]);
  const { tokens, reads } = setup();
  const before = await tokens();
  const readsBefore = reads();
  expect(await tokens()).toEqual(before);
  expect(reads()).toBe(readsBefore);
  await database.db.execute(sql`
    update nodes set updated_at = updated_at + interval '1 second', sealed_api_token = null where id = ${id}`);
  const after = await tokens();
  expect(after.filter((token) => !before.includes(token))).toHaveLength(1);
});

test('another tenant does not get what was remembered', async () => {
  await seedNodes(database.db, tenant, [{}]);
  const { reader, ctx, nodes } = setup();
  const ofTenant = await nodes();
  expect((await reader.read(ctx, ofTenant)).size).toBe(1);
  const stranger = contextOf(await seedTenant(database.db));
  expect((await reader.read(stranger, ofTenant)).size).toBe(0);
});
