import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { sql } from '#core/kernel/sql.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { tellHealthChanges } from './tell-health-changes.ts';

const presence = { staleAfterMs: 90_000 };

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function setup() {
  const { db } = database;
  await db.execute(sql`delete from nodes`);
  const clock = new ManualClock(new Date('2026-11-01T12:00:00Z'));
  const tenant = await seedTenant(db);
  const controllerId = await seedController(db, new Date(clock.millis() + 600_000));
  const here = { controllerId, openedAt: clock.now(), enrolledAt: clock.now() };
  return {
    clock,
    seed: (count: number) => seedNodes(db, tenant, Array(count).fill(here)),
    tell: () => tellHealthChanges({ db, clock }, presence),
    events: () =>
      db.query<{ subject: string; data: { previousHealth: string; health: string; clusterName: string } }>(sql`
        select subject, data from events where tenant_id = ${tenant.tenantId} order by created_at, id`),
    clusterName: tenant.clusterName,
  };
}

test('every change of a node’s health is told once, with what it was', async () => {
  const { clock, seed, tell, events, clusterName } = await setup();
  const [id] = await seed(1);
  expect([await tell(), await tell()]).toEqual([1, 0]);
  clock.advance(90_001);
  expect([await tell(), await tell()]).toEqual([1, 0]);
  clock.advance(600_000);
  expect([await tell(), await tell()]).toEqual([1, 0]);
  const told = await events();
  expect(told.map(({ subject, data }) => [subject, data.previousHealth, data.health, data.clusterName])).toEqual([
    [id, 'unreachable', 'healthy', clusterName],
    [id, 'healthy', 'unhealthy', clusterName],
    [id, 'unhealthy', 'unreachable', clusterName],
  ]);
});

test('changes of more nodes than a batch holds are all told, also by two who look at the same time', async () => {
  const { seed, tell, events } = await setup();
  await seed(2_100);
  const [left, right] = await Promise.all([tell(), tell()]);
  const rest = await tell();
  expect(left + right + rest).toBe(2_100);
  expect(new Set((await events()).map((event) => event.subject)).size).toBe(2_100);
});
