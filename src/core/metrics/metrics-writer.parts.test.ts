import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { METRICS } from '#test/support/node-metrics.ts';
import {
  contextOf,
  type NodeSeed,
  type SeededTenant,
  seedController,
  seedNodes,
  seedTenant,
} from '#test/support/seed-nodes.ts';
import { ManualClock } from '../kernel/clock.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import { measureNode } from './measure-node.ts';
import { MetricsWriter } from './metrics-writer.ts';

let database: TestDatabase;
let tenant: SeededTenant;
beforeAll(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
});
afterAll(() => database.close());

/** Nodes with a session of epoch 1. */
async function setup(count = 1) {
  const { db } = database;
  const controllerId = await seedController(db, new Date(Date.now() + 60_000));
  const seed: NodeSeed = { controllerId };
  const nodeIds = await seedNodes(
    db,
    tenant,
    Array.from({ length: count }, () => ({ ...seed, name: newId() })),
  );
  const clock = new ManualClock(new Date('2026-11-25T12:00:00Z'));
  const batches: number[] = [];
  const writer = new MetricsWriter({
    db,
    clock,
    observeBatch: (rows) => batches.push(rows),
    onRefused: (error) => expect.unreachable(String(error)),
  });
  const loadOf = async (nodeId: NodeId | undefined) => {
    const { newest } = await measureNode(contextOf(tenant, clock), db, nodeId as NodeId); // seeded above
    return newest?.host?.load1m;
  };
  return { writer, clock, nodeIds, nodeId: nodeIds[0] as NodeId, batches, loadOf };
}

const load = (load1m: number) => ({ ...METRICS, host: { ...METRICS.host, load1m } });

test('the newest report of a node takes the place of the one before, waiting or written', async () => {
  const { writer, nodeId, batches, loadOf } = await setup();
  writer.put({ nodeId, epoch: 1 }, load(1));
  writer.put({ nodeId, epoch: 1 }, load(2));
  await writer.flush();
  expect([batches, await loadOf(nodeId)]).toEqual([[1], 2]);
  writer.put({ nodeId, epoch: 1 }, load(3));
  await writer.flush();
  expect([batches, await loadOf(nodeId)]).toEqual([[1, 1], 3]);
});

test('many nodes are written in few statements, and nothing without a report', async () => {
  const { writer, nodeIds, batches, loadOf } = await setup(501);
  nodeIds.forEach((nodeId, place) => {
    writer.put({ nodeId, epoch: 1 }, load(place));
  });
  await writer.flush();
  await writer.flush();
  expect(batches).toEqual([500, 1]);
  expect(await loadOf(nodeIds[500])).toBe(500);
});

test('a report of a session that is over, or of a node that is gone, is left out without harm to the others', async () => {
  const { writer, nodeIds, loadOf } = await setup(3);
  const [current, superseded, gone] = nodeIds;
  await database.db.execute(sql`update nodes set session_epoch = 2 where id = ${superseded}`);
  await database.db.execute(sql`delete from nodes where id = ${gone}`);
  nodeIds.forEach((nodeId) => {
    writer.put({ nodeId, epoch: 1 }, load(1));
  });
  await writer.flush();
  expect(await Promise.all([loadOf(current), loadOf(superseded)])).toEqual([1, undefined]);
});

test('what is told is known for five minutes', async () => {
  const { writer, clock, nodeId, loadOf } = await setup();
  writer.put({ nodeId, epoch: 1 }, load(1));
  await writer.flush();
  clock.advance(300_000);
  expect(await loadOf(nodeId)).toBe(1);
  clock.advance(1);
  expect(await loadOf(nodeId)).toBeUndefined();
});

test('reports that cannot be written are dropped, and the next ones are written', async () => {
  const { nodeId, clock, loadOf } = await setup();
  let isAway = true;
  const writer = new MetricsWriter({
    clock,
    onRefused: (error) => expect.unreachable(String(error)),
    db: {
      ...database.db,
      query: (statement) => database.db.query(statement),
      execute: (statement) => (isAway ? Promise.reject(new Error('away')) : database.db.execute(statement)),
    },
  });
  writer.put({ nodeId, epoch: 1 }, load(1));
  await expect(writer.flush()).rejects.toThrow('away');
  isAway = false;
  await writer.flush();
  expect(await loadOf(nodeId)).toBeUndefined();
  writer.put({ nodeId, epoch: 1 }, load(2));
  await writer.flush();
  expect(await loadOf(nodeId)).toBe(2);
});
