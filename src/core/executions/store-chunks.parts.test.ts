import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { PARALLEL } from '#test/support/run-policy.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import type { NodeId } from '../kernel/ids.ts';
import { startRun } from '../runs/start-run.ts';
import { listExecutionsOfRun } from './store.ts';
import { type OutputChunk, storeChunks } from './store-chunks.ts';

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

/** A running execution, and a maker of chunks for it. */
async function setup() {
  const tenant = await seedTenant(database.db);
  const [nodeId] = (await seedNodes(database.db, tenant, [{}])) as [NodeId];
  const node = new SimulatedNode(nodeId, ({ executionId }, self) => self.start(executionId));
  await node.connect(engine);
  const { run } = await startRun(contextOf(tenant), engine.deps, {
    kind: 'fleet',
    tool: 'cmd.run',
    args: {},
    target: { kind: 'all' },
    policy: PARALLEL,
  });
  const execution = async () => {
    const [row] = await listExecutionsOfRun(database.db, tenant.tenantId, run.id);
    if (row === undefined) throw new Error('no execution');
    return row;
  };
  const { id: executionId } = await execution();
  const chunk = (epoch: number, ordinal: number, text: string): OutputChunk => ({
    executionId,
    nodeId,
    epoch,
    ordinal,
    stream: 1,
    offset: 0,
    data: Buffer.from(text),
  });
  return { node, chunk, execution };
}

test('a chunk of a session that was superseded leaves its place free for when it comes again', async () => {
  const { node, chunk, execution } = await setup();
  const former = node.session?.epoch ?? 0;
  await node.connect(engine);
  const current = node.session?.epoch ?? 0;
  await database.db.transaction((tx) => storeChunks(tx, [chunk(former, 0, 'one'), chunk(former, 1, 'two')]));
  expect(await execution()).toMatchObject({ stdoutBytes: 0, stdoutTail: null });
  await database.db.transaction((tx) =>
    storeChunks(tx, [chunk(former, 0, 'one'), chunk(current, 0, 'one'), chunk(current, 1, 'two')]),
  );
  expect(await execution()).toMatchObject({ stdoutBytes: 6, stdoutTail: Buffer.from('onetwo') });
});
