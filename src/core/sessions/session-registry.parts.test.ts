import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { FACTS, SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { PARALLEL } from '#test/support/run-policy.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type ControllerId, newId } from '../kernel/ids.ts';
import { type Database, type Sql, sql } from '../kernel/sql.ts';
import { startRun } from '../runs/start-run.ts';
import { closeOrphanedSessions } from './store.ts';

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
    execute: async (statement) => {
      await look(statement);
      return db.execute(statement);
    },
    transaction: (work) => db.transaction(work),
    query: async (statement) => {
      await look(statement);
      return db.query(statement);
    },
  };
}

/** What the database says of the session of the first node. */
async function rowOf(node: SimulatedNode | undefined) {
  const [row] = await database.db.query<{ controllerId: string | null; epoch: number }>(sql`
    select session_controller_id as "controllerId", session_epoch as epoch from nodes where id = ${node?.nodeId}`);
  return row;
}

test('a session that was closed over our head is opened again under its epoch, and what waited for the node is delivered', async () => {
  const { engine, tenant, nodes } = await setup({ count: 2 });
  await Promise.all(nodes.map((node) => node.connect(engine)));
  const before = await rowOf(nodes[0]);
  await database.db.transaction((tx) => closeOrphanedSessions(tx, newId<ControllerId>()));
  expect(await rowOf(nodes[0])).toEqual(before); // its lease runs
  await database.db.execute(sql`update nodes set session_controller_id = null, session_closed_at = now()`);
  const queued = { ...PARALLEL, offline: 'queue' as const };
  const target = { kind: 'nodes' as const, nodeIds: nodes.map(({ nodeId }) => nodeId) };
  await startRun(contextOf(tenant), engine.deps, { kind: 'command', tool: 't', args: {}, target, policy: queued });
  await engine.sessions.reconcile();
  expect(await rowOf(nodes[0])).toEqual(before);
  await expect.poll(() => nodes.map(({ orders }) => orders.length)).toEqual([1, 1]);
});

test('a session whose closing was lost is closed, and one that is newer elsewhere or revoked is cut', async () => {
  const { engine, nodes } = await setup({ count: 3 });
  await Promise.all(nodes.map((node) => node.connect(engine)));
  const [left, newer, revoked] = nodes;
  const row = await rowOf(left);
  if (left?.session !== undefined) engine.sessions.close(left.session);
  await expect.poll(async () => (await rowOf(left))?.controllerId).toBeNull();
  await database.db.execute(
    sql`update nodes set session_controller_id = ${row?.controllerId} where id = ${left?.nodeId}`,
  );
  await database.db.execute(sql`update nodes set session_epoch = session_epoch + 100 where id = ${newer?.nodeId}`);
  await database.db.execute(
    sql`update nodes set revoked_at = now(), session_controller_id = null where id = ${revoked?.nodeId}`,
  );
  await expect.poll(() => engine.sessions.size).toBe(0);
  expect([newer?.isRevoked, revoked?.isRevoked]).toEqual([false, true]);
  await expect.poll(async () => (await rowOf(left))?.controllerId).toBeNull();
});

test('pulses that could not be written are written with the next, and nothing counts as read meanwhile', async () => {
  let isAway = false;
  const db = watched(database.db, ({ text }) => {
    if (isAway && text.includes('last_seen_at = pulse.at')) throw new FleetError('unavailable', 'the database is away');
  });
  const { engine, nodes } = await setup({ db, count: 1 });
  await nodes[0]?.connect(engine);
  isAway = true;
  const session = nodes[0]?.session ?? expect.fail();
  engine.sessions.pulse(session, { isHealthy: false, problems: ['p'], freeSlots: 1 });
  await expect.poll(() => engine.sessions.unreadMs).toBeGreaterThan(200);
  const unreadMs = engine.sessions.unreadMs;
  isAway = false;
  await expect.poll(() => engine.sessions.unreadMs).toBeLessThan(unreadMs);
  const [row] = await database.db.query<{ problems: string[] }>(sql`select problems from nodes`);
  expect(row?.problems).toEqual(['p']);
});
