import { afterEach, beforeEach, expect, test } from 'vitest';
import { cancelExecution } from '#core/executions/cancel-execution.ts';
import { listExecutionsOfRun } from '#core/executions/store.ts';
import type { NodeId, RunId } from '#core/kernel/ids.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type Behaviour, SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { PARALLEL } from '#test/support/run-policy.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { cancelRun } from './cancel-run.ts';
import type { RunPolicy } from './policy.ts';
import { type FeedItem, followFeed, readFeedPage } from './read-feed.ts';
import type { Run } from './run.ts';
import { RunSignals } from './run-signals.ts';
import { startRun } from './start-run.ts';
import { summarizeRuns } from './store.ts';

let database: TestDatabase;
let tenant: SeededTenant;
const engines: TestEngine[] = [];

beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
});

afterEach(async () => {
  for (const engine of engines.splice(0)) {
    await engine.stop();
    expect(engine.errors).toEqual([]);
  }
  await database.close();
});

async function newEngine(options: Parameters<typeof startTestEngine>[1] = {}): Promise<TestEngine> {
  const engine = await startTestEngine(database.db, options);
  engines.push(engine);
  return engine;
}

async function connected(engine: TestEngine, count: number, behaviour?: Behaviour): Promise<SimulatedNode[]> {
  const ids = await seedNodes(
    database.db,
    tenant,
    Array.from({ length: count }, () => ({})),
  );
  const nodes = ids.map((id) => new SimulatedNode(id, behaviour));
  await Promise.all(nodes.map((node) => node.connect(engine)));
  return nodes;
}

function start(engine: TestEngine, policy: Partial<RunPolicy> = {}, extra: { deadlineAt?: Date } = {}) {
  return startRun(contextOf(tenant), engine.deps, {
    kind: 'fleet',
    tool: 'cmd.run',
    args: { command: 'true' },
    target: { kind: 'all' },
    policy: { ...PARALLEL, ...policy },
    ...extra,
  });
}

async function follow(engine: TestEngine, runId: RunId, after = 0): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  const deps = { db: database.db, signals: engine.signals };
  const signal = AbortSignal.timeout(20_000);
  for await (const item of followFeed(deps, { tenantId: tenant.tenantId, runId, after, signal })) items.push(item);
  return items;
}

async function ended(engine: TestEngine, runId: RunId): Promise<Run> {
  const last = (await follow(engine, runId)).at(-1);
  if (last?.kind !== 'end') throw new Error('the run did not end');
  return last.run;
}

async function summary(runId: RunId) {
  const { open, ...rest } = (await summarizeRuns(database.db, tenant.tenantId, [runId])).get(runId) ?? {};
  return { ...rest, open };
}

test('a parallel run ends complete with one result for every node', async () => {
  const engine = await newEngine();
  await connected(engine, 30);
  const { run } = await start(engine);
  expect(await ended(engine, run.id)).toMatchObject({ outcome: 'complete', targetCount: 30 });
  expect(await summary(run.id)).toMatchObject({ ok: 30, open: 0 });
});

test('the feed has chunks before the result they belong to, and replays from any position', async () => {
  const engine = await newEngine();
  await connected(engine, 3, ({ executionId }, node) => {
    node.start(executionId);
    node.write(executionId, 0, 'one ');
    node.write(executionId, 1, 'two', 4);
    node.finish(executionId, 'ok');
  });
  const { run } = await start(engine);
  const items = await follow(engine, run.id);
  expect(items.map((item) => item.kind).filter((kind) => kind === 'chunk')).toHaveLength(6);
  for (const [index, item] of items.entries()) {
    if (item.kind !== 'result') continue;
    const text = items
      .slice(0, index)
      .map((one) => (one.kind === 'chunk' && one.executionId === item.executionId ? String(one.data) : ''));
    expect(text.join('')).toBe('one two');
  }
  const fourth = items[3];
  expect(await follow(engine, run.id, fourth?.position)).toEqual(items.slice(4));
});

test('sequential runs one at a time in the order of names', async () => {
  const engine = await newEngine();
  let running = 0;
  let peak = 0;
  const order: NodeId[] = [];
  const nodes = await connected(engine, 6, ({ executionId }, node) => {
    peak = Math.max(peak, ++running);
    order.push(node.nodeId);
    setImmediate(() => {
      running--;
      node.finish(executionId, 'ok');
    });
  });
  const { run } = await start(engine, { mode: { kind: 'sequential' } });
  await ended(engine, run.id);
  expect(peak).toBe(1);
  expect(order).toEqual(nodes.map((node) => node.nodeId));
});

test('a rolling run halts after the first failure: the wave is cancelled on its nodes, the rest never starts', async () => {
  const engine = await newEngine();
  let orders = 0;
  const nodes = await connected(engine, 12, ({ executionId }, node) => {
    node.start(executionId);
    orders++;
    if (orders <= 3) node.finish(executionId, 'ok');
    else if (orders === 6) node.finish(executionId, 'failed');
  });
  const { run } = await start(engine, { mode: { kind: 'rolling', batch: 3 }, onFailure: { kind: 'fail_fast' } });
  expect(await ended(engine, run.id)).toMatchObject({ outcome: 'halted' });
  expect(await summary(run.id)).toEqual({ ok: 3, failed: 1, timedOut: 0, cancelled: 2, notStarted: 6, open: 0 });
  expect(nodes.flatMap((node) => node.cancelled)).toHaveLength(2);
  expect(nodes.filter((node) => node.running.size > 0)).toEqual([]);
});

test('cancelling a run ends it on every node', async () => {
  const engine = await newEngine();
  const nodes = await connected(engine, 10, ({ executionId }, node) => node.start(executionId));
  const { run } = await start(engine, { maxConcurrency: 4 });
  await expect.poll(() => nodes.filter((node) => node.running.size > 0).length).toBe(4);
  expect(await cancelRun(contextOf(tenant), engine.deps, run.id)).toEqual({ cancelled: 4, alreadyTerminal: 0 });
  expect(await ended(engine, run.id)).toMatchObject({ outcome: 'cancelled' });
  expect(await summary(run.id)).toMatchObject({ cancelled: 4, notStarted: 6 });
  expect(await cancelRun(contextOf(tenant), engine.deps, run.id)).toEqual({ cancelled: 0, alreadyTerminal: 10 });
});

test('below the floor nothing starts', async () => {
  const engine = await newEngine();
  const nodes = await connected(engine, 2);
  const { run } = await start(engine, { minTargets: 3 });
  expect(run).toMatchObject({ state: 'finished', outcome: 'refused' });
  expect(await summary(run.id)).toMatchObject({ notStarted: 2, open: 0 });
  expect(nodes.flatMap((node) => node.orders)).toEqual([]);
});

test('a queued execution goes out when its node comes back', async () => {
  const engine = await newEngine();
  const [id] = await seedNodes(database.db, tenant, [{}]);
  const { run } = await start(engine, { offline: 'queue' });
  const node = new SimulatedNode(id as NodeId);
  await node.connect(engine);
  expect(await ended(engine, run.id)).toMatchObject({ outcome: 'complete' });
  expect(node.orders).toHaveLength(1);
});

test('a queued execution expires at its deadline and is not sent afterwards', async () => {
  const engine = await newEngine();
  const [id] = await seedNodes(database.db, tenant, [{}]);
  const { run } = await start(engine, { offline: 'queue' }, { deadlineAt: new Date(Date.now() - 1) });
  expect((await ended(engine, run.id)).outcome).toBe('complete');
  const [execution] = await listExecutionsOfRun(database.db, tenant.tenantId, run.id);
  expect(execution?.outcome).toBe('expired');
  const node = new SimulatedNode(id as NodeId);
  await node.connect(engine);
  expect(node.orders).toEqual([]);
});

test('a silent node is timed out after its limit and the grace', async () => {
  const engine = await newEngine();
  const [node] = await connected(engine, 1, ({ executionId }, self) => self.start(executionId));
  const { run } = await start(engine, { timeoutMs: 50 });
  node?.running.clear();
  await ended(engine, run.id);
  expect(await summary(run.id)).toMatchObject({ timedOut: 1 });
});

test('a node that has been away for longer than the grace when its turn comes has failed; one that returns in time has not', async () => {
  const engine = await newEngine();
  const [first, brief, gone] = await connected(engine, 3, ({ executionId }, node) => {
    node.start(executionId);
    if (node !== first) node.finish(executionId, 'ok');
  });
  const { run } = await start(engine, { mode: { kind: 'sequential' } });
  await expect.poll(() => first?.running.size).toBe(1);
  for (const node of [brief, gone]) if (node?.session) engine.sessions.close(node.session);
  for (const id of first?.running ?? []) first?.finish(id, 'ok');
  await brief?.connect(engine);
  await ended(engine, run.id);
  const executions = await listExecutionsOfRun(database.db, tenant.tenantId, run.id);
  expect(executions.map((one) => [one.outcome, one.errorCode])).toEqual([
    ['ok', null],
    ['ok', null],
    ['failed', 'edge_unavailable'],
  ]);
});

test('a node that comes back without what it ran gets it as interrupted and never again', async () => {
  const engine = await newEngine();
  const [node] = await connected(engine, 1, ({ executionId }, self) => self.start(executionId));
  const { run } = await start(engine);
  await expect
    .poll(async () => (await listExecutionsOfRun(database.db, tenant.tenantId, run.id))[0]?.state)
    .toBe('running');
  node?.running.clear();
  await node?.connect(engine);
  await ended(engine, run.id);
  const [execution] = await listExecutionsOfRun(database.db, tenant.tenantId, run.id);
  expect(execution?.outcome).toBe('interrupted');
  expect(node?.orders).toHaveLength(1);
});

test('a result is stored once, however often it is sent', async () => {
  const engine = await newEngine();
  const [node] = await connected(engine, 1, ({ executionId }, self) => {
    self.finish(executionId, 'ok');
    self.finish(executionId, 'failed');
    self.finish(executionId, 'failed');
  });
  const { run } = await start(engine);
  await ended(engine, run.id);
  expect(await summary(run.id)).toMatchObject({ ok: 1, failed: 0 });
  await expect.poll(() => node?.acknowledged.size).toBe(1);
});

test('a result that cannot be stored holds up nobody else', async () => {
  const engine = await newEngine();
  const [poisoned] = await connected(engine, 8, ({ executionId }, self) => {
    self.finish(executionId, 'ok', 0, self === poisoned ? { name: '\ud83d' } : null);
  });
  const { run } = await start(engine);
  await expect.poll(() => summary(run.id)).toMatchObject({ ok: 7, failed: 1 });
  expect(engine.errors.splice(0)).not.toEqual([]);
});

test('chunks that come twice are stored once', async () => {
  const engine = await newEngine();
  await connected(engine, 1, ({ executionId }, self) => {
    self.write(executionId, 0, 'a');
    self.write(executionId, 0, 'a');
    self.write(executionId, 1, 'b', 1);
    self.finish(executionId, 'ok');
  });
  const { run } = await start(engine);
  const text = (await follow(engine, run.id)).map((item) => (item.kind === 'chunk' ? String(item.data) : '')).join('');
  expect(text).toBe('ab');
});

test('a run goes on where it was when another controller takes it over', async () => {
  const bus = new MemoryBus();
  const first = await newEngine({ bus });
  const held: (() => void)[] = [];
  const nodes = await connected(first, 6, ({ executionId }, node) => {
    node.start(executionId);
    held.push(() => node.finish(executionId, 'ok'));
  });
  const { run } = await start(first, { mode: { kind: 'rolling', batch: 2 } });
  await expect.poll(() => held.length).toBe(2);
  await first.kill();
  await database.db.execute(sql`update runs set lease_until = now() - interval '1 second'`);
  const second = await newEngine({ bus });
  await Promise.all(nodes.map((node) => node.connect(second)));
  for (const finish of held.splice(0)) finish();
  await expect.poll(() => held.length).toBe(2);
  for (const finish of held.splice(0)) finish();
  await expect.poll(() => held.length).toBe(2);
  for (const finish of held.splice(0)) finish();
  expect(await ended(second, run.id)).toMatchObject({ outcome: 'complete' });
  for (const node of nodes) expect(node.orders).toHaveLength(1);
});

test('a run started on one controller reaches nodes of another', async () => {
  const bus = new MemoryBus();
  const here = await newEngine({ bus });
  const there = await newEngine({ bus });
  await connected(here, 2);
  await connected(there, 2);
  const { run } = await start(here);
  await ended(here, run.id);
  expect(await summary(run.id)).toMatchObject({ ok: 4 });
});

test('of two sessions of one node the newer stays, also across controllers', async () => {
  const bus = new MemoryBus();
  const here = await newEngine({ bus });
  const there = await newEngine({ bus });
  const [old] = await connected(here, 1);
  const newer = new SimulatedNode(old?.nodeId as NodeId);
  await newer.connect(there);
  await expect.poll(() => old?.session).toBeUndefined();
  const { run } = await start(there);
  await ended(there, run.id);
  expect(newer.orders).toHaveLength(1);
  expect(old?.orders).toEqual([]);
});

test('one execution is cancelled while it waits, and refused when it has finished', async () => {
  const engine = await newEngine();
  await seedNodes(database.db, tenant, [{}]);
  const { run } = await start(engine, { offline: 'queue' });
  const [execution] = await listExecutionsOfRun(database.db, tenant.tenantId, run.id);
  if (execution === undefined) throw new Error('no execution');
  expect(await cancelExecution(contextOf(tenant), engine.deps, execution.id)).toBe('ended');
  await expect(cancelExecution(contextOf(tenant), engine.deps, execution.id)).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a follower that has seen everything does not look again before something is committed', async () => {
  const engine = await newEngine();
  const [node] = await connected(engine, 1, ({ executionId }, self) => self.write(executionId, 0, 'so far'));
  const { run } = await start(engine);
  await expect.poll(() => readFeedPage(database.db, tenant.tenantId, run.id, 0)).toHaveLength(1);
  let looks = 0;
  const query: Queryable['query'] = (statement) => {
    looks += 1;
    return database.db.query(statement);
  };
  const deps = { db: Object.assign(Object.create(database.db), { query }), signals: engine.signals };
  const signal = AbortSignal.timeout(20_000);
  const items = followFeed(deps, { tenantId: tenant.tenantId, runId: run.id, after: 0, signal });
  expect((await items.next()).value).toMatchObject({ kind: 'chunk' });
  const looksOfOne = looks;
  const next = items.next();
  await new Promise(setImmediate);
  expect(looks).toBe(looksOfOne);
  for (const { executionId } of node?.orders ?? []) node?.finish(executionId, 'ok');
  expect((await next).value).toMatchObject({ kind: 'result' });
  expect((await items.next()).value).toMatchObject({ kind: 'end' });
});

test('a hundred followers of one run cost the database as much as one', async () => {
  const engine = await newEngine();
  await connected(engine, 3);
  const { run } = await start(engine);
  const alone = await follow(engine, run.id);
  const looksOf = async (count: number) => {
    let looks = 0;
    const query: Queryable['query'] = (statement) => {
      looks += 1;
      return database.db.query(statement);
    };
    const deps = { db: Object.assign(Object.create(database.db), { query }), signals: new RunSignals() };
    const input = { tenantId: tenant.tenantId, runId: run.id, after: 0, signal: AbortSignal.timeout(20_000) };
    const all = await Promise.all(Array.from({ length: count }, () => Array.fromAsync(followFeed(deps, input))));
    expect(all).toEqual(Array(count).fill(alone));
    return looks;
  };
  expect(await looksOf(100)).toBe(await looksOf(1));
});
