/** A node with more open executions than it is handed at a time. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { FACTS, SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { type ExecutionId, type NodeId, newId, type RunId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import type { NodeLink } from './node-link.ts';
import { MOST_BYTES_OF_ROUND } from './order-handout.ts';
import type { Session } from './session.ts';

let database: TestDatabase;
let tenant: SeededTenant;
let nodeId: NodeId;
const engines: TestEngine[] = [];

beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
  [nodeId] = (await seedNodes(database.db, tenant, [{}])) as [NodeId]; // one was asked for
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop();
  await database.close();
});

async function engineOn(db: Database = database.db): Promise<TestEngine> {
  const engine = await startTestEngine(db);
  engines.push(engine);
  return engine;
}

/** Executions of this node, oldest first, each of a run of its own. */
async function seedExecutions(states: readonly ('sent' | 'running')[], args: object = {}): Promise<ExecutionId[]> {
  const ids = states.map(() => newId<ExecutionId>());
  const runIds = states.map(() => newId<RunId>());
  const { tenantId } = tenant;
  await database.db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
    select id, ${tenantId}, 'command', 'cmd.run', ${JSON.stringify(args)}::jsonb, '{}', '{}', 1, 'test', now()
    from unnest(${runIds}::uuid[]) as given (id)`);
  await database.db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, is_released, created_at)
    select id, run_id, ${tenantId}, ${nodeId}, 0, 'cmd.run', state, true, now() + place * interval '1 millisecond'
    from unnest(${ids}::uuid[], ${runIds}::uuid[], ${states}::text[]) with ordinality as given (id, run_id, state, place)`);
  return ids;
}

interface StoredExecution {
  readonly id: ExecutionId;
  readonly outcome: string | null;
  readonly output: string;
}

async function stored(id: ExecutionId | undefined): Promise<Omit<StoredExecution, 'id'> | undefined> {
  const [row] = await database.db.query<Omit<StoredExecution, 'id'>>(sql`
    select outcome, coalesce(convert_from(stdout_tail, 'UTF8'), '') as output from executions where id = ${id}`);
  return row;
}

const MANY = 700;

test('what a node runs is taken up however much else is open: its output and its result are kept', async () => {
  const ids = await seedExecutions(Array.from({ length: MANY }, (_, place) => (place < MANY - 1 ? 'sent' : 'running')));
  const running = ids.at(-1) as ExecutionId; // there are many
  const node = new SimulatedNode(nodeId, () => undefined);
  node.running.add(running);
  await node.connect(await engineOn());
  expect(node.cancelled).toEqual([]);
  node.write(running, 0, 'kept');
  node.finish(running, 'ok');
  await expect.poll(() => node.acknowledged.has(running)).toBe(true);
  expect(await stored(running)).toEqual({ outcome: 'ok', output: 'kept' });
  expect(node.orders.map(({ executionId }) => executionId)).not.toContain(running);
});

test('what it has never heard of ends interrupted however much else is open, and is not started again', async () => {
  const ids = await seedExecutions(Array.from({ length: MANY }, (_, place) => (place < MANY - 1 ? 'sent' : 'running')));
  const node = new SimulatedNode(nodeId);
  await node.connect(await engineOn());
  expect(await stored(ids.at(-1))).toEqual({ outcome: 'interrupted', output: '' });
  await expect.poll(() => node.acknowledged.size, { timeout: 10_000 }).toBe(MANY - 1);
  expect(node.orders.map(({ executionId }) => executionId).toSorted()).toEqual(ids.slice(0, -1).toSorted());
});

test('large orders are read as the node takes them, a bounded number of bytes at a time', async () => {
  const ORDER_BYTES = 1_000_000;
  const ids = await seedExecutions(Array(30).fill('sent'), { script: 'x'.repeat(ORDER_BYTES) });
  let bytesOfQuery = 0;
  const db: Database = {
    execute: (statement) => database.db.execute(statement),
    transaction: (work) => database.db.transaction(work),
    query: async (statement) => {
      const rows = await database.db.query(statement);
      bytesOfQuery = Math.max(bytesOfQuery, JSON.stringify(rows).length);
      return rows as never; // as they came
    },
  };
  const engine = await engineOn(db);
  const taken: ExecutionId[] = [];
  let room = 4;
  const link: Partial<NodeLink> = {
    welcome: () => undefined,
    execute: ({ executionId }) => {
      if (room === 0) return false;
      room -= 1;
      taken.push(executionId);
      return true;
    },
    close: () => undefined,
  };
  const greeting = { facts: FACTS, running: [], unacknowledged: [], freeSlots: 8 };
  const session: Session = await engine.sessions.open(nodeId, 'serial', greeting, link as NodeLink); // nothing else is said
  while (taken.length < ids.length) {
    const before = taken.length;
    await expect.poll(() => taken.length).toBe(Math.min(ids.length, before + 4));
    room = 4;
    engine.sessions.roomFor(session);
  }
  expect(taken).toEqual(ids);
  expect(bytesOfQuery).toBeGreaterThan(ORDER_BYTES);
  expect(bytesOfQuery).toBeLessThan(MOST_BYTES_OF_ROUND + 2 * ORDER_BYTES);
});
