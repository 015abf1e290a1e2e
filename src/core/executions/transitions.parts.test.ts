import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { type ControllerId, type ExecutionId, type NodeId, newId, type RunId, type TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { ExecutionState } from './execution.ts';
import { takeDeliverable } from './store-deliveries.ts';
import { endExecutions, storeReports, storeStarts } from './store-reports.ts';
import { EXECUTION_EVENTS, type ExecutionEvent, nextState } from './transitions.ts';

const STATES: readonly ExecutionState[] = ['queued', 'sent', 'running', 'finished'];

let database: TestDatabase;
let nodeId: NodeId;
let tenantId: TenantId;
let controllerId: ControllerId;

beforeAll(async () => {
  database = await testDatabase();
  const tenant = await seedTenant(database.db);
  tenantId = tenant.tenantId;
  controllerId = await seedController(database.db, new Date(Date.now() + 60_000));
  [nodeId] = (await seedNodes(database.db, tenant, [{ controllerId }])) as [NodeId]; // one was asked for
});

afterAll(() => database.close());

/** What the statements do for each event, on the epoch the node has. */
const EFFECTS: Readonly<Record<ExecutionEvent, (tx: Queryable, id: ExecutionId, epoch: number) => Promise<unknown>>> = {
  send: (tx) => takeDeliverable(tx, { controllerId, nodeIds: [nodeId], limitPerNode: 10, isOpening: false }),
  start: (tx, executionId, epoch) => storeStarts(tx, [{ executionId, nodeId, epoch }]),
  report: (tx, executionId, epoch) => storeReports(tx, [report(executionId, epoch)]),
  end: (tx, id) => endExecutions(tx, sql`id = ${id}`, { outcome: 'cancelled', errorCode: null, errorMessage: null }),
};

function report(executionId: ExecutionId, epoch: number) {
  const nothing = {
    errorCode: null,
    errorMessage: null,
    stdoutBytes: 0,
    stderrBytes: 0,
    isTruncated: false,
    result: null,
  };
  return { executionId, nodeId, epoch, outcome: 'ok' as const, exitCode: 0, durationMs: 1, ...nothing };
}

for (const state of STATES) {
  for (const event of EXECUTION_EVENTS) {
    const expected = nextState(state, event);
    test(`${state} × ${event} → ${expected}, in the table and in the database`, async () => {
      const id = await executionIn(state);
      await database.db.transaction((tx) => EFFECTS[event](tx, id, 1));
      expect(await stateOf(id)).toBe(expected === 'ignored' ? state : expected);
    });
  }
}

test('words of an epoch that is over change nothing', async () => {
  for (const event of ['start', 'report'] as const) {
    const id = await executionIn('sent');
    await database.db.transaction((tx) => EFFECTS[event](tx, id, 0));
    expect(await stateOf(id)).toBe('sent');
  }
});

test('a result of another node changes nothing', async () => {
  const id = await executionIn('running');
  const stranger = newId<NodeId>();
  expect(await storeReports(database.db, [{ ...report(id, 1), nodeId: stranger }])).toEqual([]);
  expect(await stateOf(id)).toBe('running');
});

async function executionIn(state: ExecutionState): Promise<ExecutionId> {
  const id = newId<ExecutionId>();
  const runId = newId<RunId>();
  await database.db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
    values (${runId}, ${tenantId}, 'fleet', 'cmd.run', '{}', '{}', '{}', 1, 'test', now())`);
  await database.db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, outcome, is_released, created_at)
    values (${id}, ${runId}, ${tenantId}, ${nodeId}, 0, 'cmd.run', ${state}, ${state === 'finished' ? 'ok' : null}, true, now())`);
  return id;
}

async function stateOf(id: ExecutionId): Promise<ExecutionState | undefined> {
  const [row] = await database.db.query<{ state: ExecutionState }>(sql`select state from executions where id = ${id}`);
  return row?.state;
}
