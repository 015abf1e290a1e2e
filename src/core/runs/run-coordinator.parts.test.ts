import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { systemClock } from '../kernel/clock.ts';
import { type ControllerId, newId } from '../kernel/ids.ts';
import { Sealer } from '../kernel/sealer.ts';
import { sql } from '../kernel/sql.ts';
import type { RunEngine } from './engine.ts';
import { RunCoordinator } from './run-coordinator.ts';
import { startRun } from './start-run.ts';
import { FIRST_FENCE } from './store.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.close());

const noEngine: RunEngine = {
  runStarted: () => {},
  runChanged: () => {},
  deliver: () => {},
  cancelOnNodes: async () => [],
};

test('a coordinator that lost its run to another tries to halt it once, not for ever', async () => {
  const { db } = database;
  const tenant = await seedTenant(db);
  await seedNodes(db, tenant, [{}, {}]);
  const controllerId = newId<ControllerId>();
  const tools = {
    has: () => true,
    isReadOnly: () => false,
    checkArgs: () => undefined,
    secretArguments: () => [],
    commandText: () => '',
  };
  const { run } = await startRun(
    contextOf(tenant),
    { db, engine: noEngine, tools, controllerId, sealer: new Sealer(Buffer.alloc(32)) },
    {
      kind: 'fleet',
      tool: 'cmd.run',
      args: {},
      target: { kind: 'all' },
      policy: {
        mode: { kind: 'sequential' },
        maxConcurrency: null,
        onFailure: { kind: 'fail_fast' },
        minTargets: null,
        timeoutMs: null,
        offline: 'queue',
      },
    },
  );
  await db.execute(sql`
    update executions set state = 'finished', outcome = 'failed', finished_at = now(), finished_position = nextval('feed_positions')
    where run_id = ${run.id} and position = 0`);
  const problem = Promise.withResolvers<unknown>();
  const coordinator = new RunCoordinator(run, FIRST_FENCE + 1, {
    db,
    controllerId,
    clock: systemClock,
    deliver: () => {},
    onEnded: () => {},
    cancelOnNodes: async () => {},
    onCommitted: () => {},
    onFailure: problem.resolve,
  });
  coordinator.recount();
  expect(String(await problem.promise)).toMatch(/another controller drives it/);
  await coordinator.stop();
});
