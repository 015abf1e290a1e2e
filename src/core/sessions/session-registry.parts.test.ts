import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { FACTS, SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { PARALLEL } from '#test/support/run-policy.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Database, type Sql, sql } from '../kernel/sql.ts';
import { startRun } from '../runs/start-run.ts';

let database: TestDatabase;
const engines: TestEngine[] = [];

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop();
  await database.close();
});

async function setup(options: { db?: Database; hasPeers?: boolean; count?: number } = {}) {
  const bus = new MemoryBus();
  const engine = await startTestEngine(options.db ?? database.db, { bus, hasPeers: options.hasPeers ?? true });
  engines.push(engine);
  const tenant = await seedTenant(database.db);
  const seeds = Array.from({ length: options.count ?? 3 }, () => ({}));
  const nodes = (await seedNodes(database.db, tenant, seeds)).map((id) => new SimulatedNode(id));
  return { bus, engine, tenant, nodes };
}

test('a greeting that cannot be stored is refused alone: those that came with it open their sessions', async () => {
  const { engine, nodes } = await setup({ count: 5 });
  const poison = { ...FACTS, hostname: 'half\0a name' };
  const outcomes = await Promise.allSettled(
    nodes.map((node, place) => node.connect(engine, place === 2 ? poison : FACTS)),
  );
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(engine.sessions.size).toBe(4);
});

test('of two greetings of one node that come at once the later one opens a session', async () => {
  const { engine, nodes } = await setup({ count: 1 });
  const again = new SimulatedNode(nodes[0]?.nodeId ?? expect.fail());
  const [earlier, later] = await Promise.allSettled([nodes[0]?.connect(engine), again.connect(engine)]);
  expect(earlier).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } });
  expect(later).toMatchObject({ status: 'fulfilled' });
  expect(engine.sessions.find(again.nodeId)).toBe(again.session);
});

test('a revoked node is refused beside others that open their sessions', async () => {
  const { engine, nodes } = await setup({ count: 3 });
  await database.db.execute(sql`update nodes set revoked_at = now() where id = ${nodes[1]?.nodeId}`);
  const outcomes = await Promise.allSettled(nodes.map((node) => node.connect(engine)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { code: 'forbidden' } });
});

test('what is due to nodes that connect at once is asked for together', async () => {
  const statements: string[] = [];
  const db = watched(database.db, ({ text }) => void statements.push(text));
  const { engine, nodes } = await setup({ db, count: 40 });
  await Promise.all(nodes.map((node) => node.connect(engine)));
  const asked = statements.filter((text) => DUE.test(text));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThanOrEqual(4);
});

test('a session whose orders cannot be read is not held: the node comes back and is told again', async () => {
  let isAway = true;
  const db = watched(database.db, ({ text }) => {
    if (isAway && DUE.test(text)) throw new FleetError('unavailable', 'the database is away');
  });
  const { engine, nodes } = await setup({ db, count: 1 });
  await expect(nodes[0]?.connect(engine)).rejects.toMatchObject({ code: 'unavailable' });
  expect(engine.sessions.size).toBe(0);
  isAway = false;
  await nodes[0]?.connect(engine);
  expect(engine.sessions.size).toBe(1);
});

test('a session that another followed while it settled ends nothing that the other knows to be running', async () => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isHeld = false;
  const db = watched(database.db, ({ text }) => {
    if (!isHeld || !DUE.test(text)) return;
    isHeld = false;
    asked.resolve();
    return answer.promise;
  });
  const { engine, tenant, nodes } = await setup({ db, count: 1 });
  const [{ nodeId }] = nodes as [SimulatedNode];
  const node = new SimulatedNode(nodeId, ({ executionId }, self) => self.start(executionId));
  await node.connect(engine);
  const order = { kind: 'fleet', tool: 'cmd.run', args: {}, target: { kind: 'all' }, policy: PARALLEL } as const;
  await startRun(contextOf(tenant), engine.deps, order);
  const states = async () =>
    (await database.db.query<{ state: string }>(sql`select state from executions`)).map(({ state }) => state);
  await expect.poll(states).toEqual(['running']);

  isHeld = true;
  const forgetful = new SimulatedNode(nodeId); // says that it runs nothing
  const settling = forgetful.connect(engine).catch(() => undefined);
  await asked.promise;
  const held = engine.sessions.find(nodeId);
  const following = node.connect(engine);
  await expect.poll(() => engine.sessions.find(nodeId) === held).toBe(false);
  answer.resolve();
  await Promise.all([settling, following]);
  expect(await states()).toEqual(['running']);
});

test.each([
  ['with other controllers a session that opens is told to them', true, 2],
  ['alone, a controller tells nobody of a session that opens', false, 0],
])('%s', async (_, hasPeers, messages) => {
  const { bus, engine, nodes } = await setup({ hasPeers, count: 2 });
  const heard: unknown[] = [];
  bus.subscribe('session.opened', (payload) => heard.push(payload));
  await Promise.all(nodes.map((node) => node.connect(engine)));
  await new Promise((resolve) => setImmediate(resolve)); // the bus delivers in a microtask
  expect(heard).toHaveLength(messages);
});

const DUE = /with due as/;

/** A database that shows the statements asked outside of transactions to `look` first. */
function watched(db: Database, look: (statement: Sql) => void | Promise<void>): Database {
  return {
    execute: (statement) => db.execute(statement),
    transaction: (work) => db.transaction(work),
    query: async (statement) => {
      await look(statement);
      return db.query(statement);
    },
  };
}
