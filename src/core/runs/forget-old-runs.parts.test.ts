import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { PARALLEL } from '#test/support/run-policy.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { sql } from '../kernel/sql.ts';
import { forgetOldRuns } from './forget-old-runs.ts';
import { startRun } from './start-run.ts';

let database: TestDatabase;
let engine: TestEngine;

beforeEach(async () => {
  database = await testDatabase();
  engine = await startTestEngine(database.db);
});

afterEach(async () => {
  await engine.stop();
  await database.close();
});

test('what ended before the day goes with its output and events; the rest stays', async () => {
  const tenant = await seedTenant(database.db);
  const [nodeId] = await seedNodes(database.db, tenant, [{}]);
  if (nodeId === undefined) throw new Error('no node');
  const node = new SimulatedNode(nodeId, ({ executionId }, self) => {
    self.write(executionId, 0, 'text');
    self.finish(executionId, 'ok');
  });
  await node.connect(engine);
  const order = { kind: 'fleet', tool: 'cmd.run', args: {}, target: { kind: 'all' }, policy: PARALLEL } as const;
  const old = await startRun(contextOf(tenant), engine.deps, order);
  const fresh = await startRun(contextOf(tenant), engine.deps, order);
  await expect.poll(() => count(`select count(*) as count from runs where state = 'finished'`)).toBe(2);
  const before = new Date();
  await database.db.execute(
    sql`update runs set ended_at = ${before}::timestamptz - interval '1 day' where id = ${old.run.id}`,
  );
  await database.db.execute(
    sql`update events set created_at = ${before}::timestamptz - interval '1 day' where subject = ${old.run.id}`,
  );
  await forgetOldRuns(database.db, new Date(before.getTime() - 3_600_000), new AbortController().signal);
  expect(await count('select count(*) as count from runs')).toBe(1);
  expect(await count('select count(*) as count from executions')).toBe(1);
  expect(await count('select count(*) as count from output_chunks')).toBe(1);
  expect(await count(`select count(*) as count from events where subject = '${old.run.id}'`)).toBe(0);
  expect(await count(`select count(*) as count from events where subject = '${fresh.run.id}'`)).toBe(2);
});

async function count(text: string): Promise<number> {
  const [row] = await database.db.query<{ count: number }>({ text, values: [], name: undefined });
  return row?.count ?? 0;
}
