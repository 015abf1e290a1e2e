import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { EXECUTION_STAGES, hasStage, stageSql } from './stage.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const OUTCOMES = ['ok', 'failed', 'timed_out', 'cancelled', 'expired', 'interrupted', 'lost', 'not_started'];

test('every execution has exactly one stage, and is found by it alone', async () => {
  const { db } = database;
  const tenant = await seedTenant(db);
  const [nodeId] = await seedNodes(db, tenant, [{}]);
  const runId = newId();
  await db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
    values (${runId}, ${tenant.tenantId}, 'command', 'script.run', '{}', '{}', '{}', 1, 'tester', now())`);
  const finished = OUTCOMES.map((outcome) => ({ state: 'finished', outcome }));
  const all = [...['queued', 'sent', 'running'].map((state) => ({ state, outcome: null })), ...finished];
  for (const [position, { state, outcome }] of all.entries())
    await db.execute(sql`
      insert into executions (id, run_id, tenant_id, node_id, position, tool, state, outcome, created_at)
      values (${newId()}, ${runId}, ${tenant.tenantId}, ${nodeId}, ${position}, 'script.run', ${state}, ${outcome}, now())`);
  const found = await Promise.all(EXECUTION_STAGES.map((stage) => positions(hasStage(stage))));
  const told = await Promise.all(EXECUTION_STAGES.map((stage) => positions(sql`${stageSql} = ${stage}`)));
  expect(found).toEqual(told);
  expect(found.flat().toSorted((left, right) => left - right)).toEqual([...all.keys()]);

  async function positions(condition: ReturnType<typeof hasStage>): Promise<number[]> {
    const rows = await db.query<{ position: number }>(sql`
      select position from executions where run_id = ${runId} and ${condition} order by position`);
    return rows.map(({ position }) => position);
  }
});
