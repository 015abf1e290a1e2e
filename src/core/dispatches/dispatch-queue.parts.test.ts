import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type Behaviour, FACTS, SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import type { ApprovalId } from '../approvals/approval.ts';
import { decideApproval, endOverdueApprovals } from '../approvals/decide-approval.ts';
import type { ArtifactOwner } from '../artifacts/artifact.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import type { ExecutionId, NodeId, WorkspaceId } from '../kernel/ids.ts';
import { Sealer } from '../kernel/sealer.ts';
import { sql } from '../kernel/sql.ts';
import type { NodeFacts } from '../sessions/node-link.ts';
import { setTenantQuotas } from '../tenants/write-quotas.ts';
import { removeSecret, setSecret } from '../vault/vault.ts';
import type { AgentOrder } from './agent-orders.ts';
import { agentModels } from './agents.ts';
import { askBudget } from './ask-budget.ts';
import { cancelDispatch } from './cancel-dispatch.ts';
import { createDispatches, type DispatchRequest } from './create-dispatch.ts';
import { deleteWorkspace } from './delete-workspace.ts';
import type { Dispatch } from './dispatch.ts';
import { DispatchQueue } from './dispatch-queue.ts';
import { forgetOldDispatches } from './forget-old-dispatches.ts';
import { giveBudget } from './give-budget.ts';
import { grantStart } from './grant-start.ts';
import { heldBudgets } from './held-budgets.ts';
import { heldDispatches } from './held-dispatches.ts';
import { LIST_PRICES } from './prices.ts';
import { getDispatch } from './read-dispatches.ts';
import { readLog } from './read-log.ts';
import { resumeDispatch, retryDispatch } from './repeat-dispatch.ts';
import { readTransitions } from './store.ts';

let database: TestDatabase;
let engine: TestEngine;
let queue: DispatchQueue;
let tenant: SeededTenant;
let ctx: Context;
let orders: AgentOrder[];
/** Goes on by itself, and is moved ahead. */
let aheadMs = 0;
const clock: Clock = { now: () => new Date(clock.millis()), millis: () => Date.now() + aheadMs };
const sealer = new Sealer(Buffer.alloc(32, 9));

beforeEach(async () => {
  database = await testDatabase();
  engine = await startTestEngine(database.db);
  tenant = await seedTenant(database.db);
  ctx = contextOf(tenant);
  orders = [];
  aheadMs = 0;
  queue = new DispatchQueue({
    ...engine.deps,
    sealer,
    clock,
    commits: engine.commits,
    prices: LIST_PRICES,
    orders: {
      gitHost: 'git.example',
      argumentsFor(order) {
        orders.push(order);
        return { dispatch_id: order.dispatch.name };
      },
    },
    onFailure: (error) => void engine.errors.push(error),
    everyMs: 50,
    followEveryMs: 10,
    awayBeforeStartMs: 100,
  });
  await queue.start();
});

afterEach(async () => {
  await queue.stop();
  await engine.stop();
  await database.close();
});

function factsOf(slots: number, agent = 'claude'): NodeFacts {
  const offer = { agents: [{ name: agent, version: '1', model: '' }], slots, networks: ['off'] };
  return { ...FACTS, invocableTools: ['agent.run', 'workspace.delete'], other: { agents: offer } };
}

/** A connected node that offers claude; unless told otherwise it starts and does not end what it gets. */
async function worker(slots = 1, behaviour: Behaviour = (order, node) => node.start(order.executionId)) {
  const [nodeId] = (await seedNodes(database.db, tenant, [{}])) as [NodeId];
  const node = new SimulatedNode(nodeId, behaviour);
  await node.connect(engine, factsOf(slots));
  queue.nudge();
  return node;
}

const deps = () => ({ ...engine.deps, queue, agents: agentModels([]) });

/** Waits until `look` has found something. */
function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  return vi.waitFor(
    async () => {
      const found = await look();
      if (found === undefined) throw new Error('it has not come to that');
      return found;
    },
    { timeout: 20_000, interval: 20 },
  );
}

const REQUEST: DispatchRequest = {
  agent: 'claude',
  task: 'Write the tests first',
  context: 'standard',
  workspaceMode: 'ephemeral',
  timeoutSeconds: 600,
  secrets: [],
  wishes: {},
  tags: {},
};

async function dispatch(request: Partial<DispatchRequest> = {}): Promise<string> {
  const [created] = await createDispatches(ctx, deps(), [{ ...REQUEST, ...request }]);
  return created?.dispatch.name ?? '';
}

const read = (name: string) => getDispatch(ctx, { db: database.db }, name);

function reaches(name: string, isThere: (dispatch: Dispatch) => boolean): Promise<Dispatch> {
  return until(async () => {
    const found = await read(name);
    return isThere(found) ? found : undefined;
  });
}

const hasStatus = (name: string, status: Dispatch['status']) => reaches(name, (one) => one.status === status);

async function orderOf(node: SimulatedNode, name: string): Promise<ExecutionId> {
  const { executionId } = await reaches(name, (one) => one.executionId !== null);
  await until(async () => node.orders.some((order) => order.executionId === executionId) || undefined);
  return executionId as ExecutionId;
}

/** On a machine that has leave to start it, and has begun. */
async function started() {
  const node = await worker();
  const name = await dispatch();
  const executionId = await orderOf(node, name);
  expect(await grantStart(database, { executionId, nodeId: node.nodeId })).toBe(true);
  await hasStatus(name, 'running');
  return { node, name, executionId };
}

/** Whatever is to be done about the present state has been done. */
async function queuePasses(): Promise<void> {
  await queue.stop();
  await queue.start();
}

function progress(node: SimulatedNode, executionId: ExecutionId, ordinal: number, told: object): void {
  const data = Buffer.from(`${JSON.stringify(told)}\n`);
  node.session?.output({ executionId, ordinal, stream: 2, offset: 0, data });
}

test('it waits for a machine, is placed, followed, and ends with what was used and what that cost', async () => {
  const name = await dispatch({ repo: 'acme/web', branch: 'main' });
  expect((await read(name)).status).toBe('pending');
  const node = await worker();
  const executionId = await orderOf(node, name);
  progress(node, executionId, 0, { phase: 'running', percent: 40 });
  await reaches(name, (one) => one.status === 'running' && one.progress === 40);
  progress(node, executionId, 1, { phase: 'completing', percent: 90 });
  await hasStatus(name, 'completing');
  const usage = [
    {
      model: 'claude-opus-4-5-20251101',
      requests: 3,
      input_tokens: 2_000,
      cache_read_tokens: 1_000,
      output_tokens: 100,
    },
  ];
  node.finish(executionId, 'ok', 0, {
    outcome: 'success',
    usage,
    agent_ms: 5_000,
    judgement: { exit_code: 1, score: 2.5, output: 'bad', duration_ms: 10 },
  });
  const ended = await hasStatus(name, 'success');
  expect(ended).toMatchObject({
    progress: 100,
    exitCode: 0,
    costUsd: 0.013,
    judgement: { exitCode: 1, score: 2.5, output: 'bad', durationMs: 10 },
    usage: {
      modelCalls: 3,
      durationMs: 5_000,
      models: [{ inputTokens: 2_000, cachedInputTokens: 1_000, outputTokens: 100 }],
    },
  });
  expect(ended.releasedAt).not.toBeNull();
  const statuses = (await readTransitions(database.db, ended.id)).map(({ status }) => status);
  expect(statuses).toEqual(['pending', 'provisioning', 'running', 'completing', 'success']);
  const told = await database.db.query<{ type: string }>(sql`
    select type from events where subject = ${name} order by id`);
  expect(told.map(({ type }) => type)).toEqual(['dispatch.created', 'dispatch.started', 'dispatch.finished']);
});

test('ten run for a tenant, the eleventh waits until one has ended, and what is beyond the queue is refused', async () => {
  const node = await worker(20);
  const names: string[] = [];
  for (let number = 0; number < 11; number++) names.push(await dispatch());
  await until(async () => node.orders.length === 10 || undefined);
  const [eleventh = ''] = (await Promise.all(names.map(read))).flatMap((one) =>
    one.status === 'pending' ? [one.name] : [],
  );
  await setTenantQuotas(database.db, tenant.tenantId, { waitingDispatches: 1 });
  await expect(dispatch()).rejects.toMatchObject({ code: 'rate_limited', facts: { retryAfterSeconds: 30 } });
  expect((await read(eleventh)).status).toBe('pending');
  node.finish(node.orders[0]?.executionId as ExecutionId, 'ok');
  await reaches(eleventh, (one) => one.status === 'provisioning');
});

test('a machine that vanishes before the start loses it to another, and gets no leave to start it any more', async () => {
  const first = await worker();
  const name = await dispatch();
  const lost = await orderOf(first, name);
  const second = await worker();
  engine.sessions.close(first.session as NonNullable<typeof first.session>);
  await reaches(name, (one) => one.nodeId === second.nodeId);
  const again = await orderOf(second, name);
  expect(await grantStart(database, { executionId: lost, nodeId: first.nodeId })).toBe(false);
  expect(again).not.toBe(lost);
  expect(await grantStart(database, { executionId: again, nodeId: second.nodeId })).toBe(true);
  expect(await grantStart(database, { executionId: again, nodeId: second.nodeId })).toBe(true);
  second.finish(again, 'ok');
  const ended = await hasStatus(name, 'success');
  expect(ended.formerRuns).toHaveLength(1);
});

test('a machine that vanishes behind the start takes it along: it is never started again', async () => {
  const node = await worker();
  const name = await dispatch();
  const executionId = await orderOf(node, name);
  expect(await grantStart(database, { executionId, nodeId: node.nodeId })).toBe(true);
  const other = await worker();
  engine.sessions.close(node.session as NonNullable<typeof node.session>);
  await node.connect(engine, factsOf(1));
  node.finish(executionId, 'interrupted', 1);
  const ended = await hasStatus(name, 'failed');
  expect(ended).toMatchObject({ errorCode: 'interrupted', formerRuns: [] });
  expect(other.orders).toEqual([]);
});

test('a machine that is back within its grace keeps what it has started', async () => {
  const { node, name, executionId } = await started();
  engine.sessions.close(node.session as NonNullable<typeof node.session>);
  aheadMs = 100_000;
  await queuePasses();
  expect((await read(name)).status).toBe('running');
  await node.connect(engine, factsOf(1));
  node.finish(executionId, 'ok', 0, { outcome: 'success' });
  expect(await hasStatus(name, 'success')).toMatchObject({ errorCode: null, formerRuns: [] });
});

test('one that is away for longer has lost it; when it comes back it is told to end, and what it says changes nothing', async () => {
  const { node, name, executionId } = await started();
  const other = await worker();
  engine.sessions.close(node.session as NonNullable<typeof node.session>);
  aheadMs = 125_000;
  const lost = await hasStatus(name, 'failed');
  expect(lost).toMatchObject({
    errorCode: 'worker_lost',
    errorMessage: expect.stringMatching(/not come back for 12\d s/),
  });
  expect(lost.releasedAt).not.toBeNull();
  await node.connect(engine, factsOf(1));
  await until(async () => node.cancelled.includes(executionId) || undefined);
  await queuePasses();
  expect(await read(name)).toMatchObject({ status: 'failed', errorCode: 'worker_lost', endedAt: lost.endedAt });
  expect(other.orders).toEqual([]);
});

test('those that ended long ago are removed, with their runs and artifacts; others are not', async () => {
  const node = await worker(3);
  const [old, young] = [await dispatch(), await dispatch()];
  for (const name of [old, young]) node.finish(await orderOf(node, name), 'ok', 0, { outcome: 'success' });
  for (const name of [old, young]) await reaches(name, (one) => one.releasedAt !== null);
  const { id, executionId, runId } = await read(old);
  await database.db.execute(sql`update dispatches set ended_at = now() - interval '91 days' where id = ${id}`);
  const emptied: ArtifactOwner[] = [];
  const store = { removeAllOf: async (owner: ArtifactOwner) => void emptied.push(owner) };
  const artifacts = { db: database.db, clock, store: store as unknown as ArtifactStore, keptBy: null }; // nothing else is asked of it
  const before = new Date(Date.now() - 90 * 86_400_000);
  const { signal } = new AbortController();
  await Promise.all([forgetOldDispatches(artifacts, before, signal), forgetOldDispatches(artifacts, before, signal)]);
  await expect(read(old)).rejects.toMatchObject({ code: 'not_found' });
  expect(await database.db.query(sql`select from runs where id = ${runId}`)).toEqual([]);
  expect(new Set(emptied.map((owner) => owner.id))).toEqual(new Set([executionId]));
  expect((await read(young)).status).toBe('success');
});

test.each(['pending', 'provisioning', 'running'] as const)(
  'cancelled while it is %s: at once, and once',
  async (status) => {
    const node = status === 'pending' ? undefined : await worker();
    const name = await dispatch();
    const executionId = node && (await orderOf(node, name));
    if (status === 'running' && node && executionId) await grantStart(database, { executionId, nodeId: node.nodeId });
    await hasStatus(name, status);
    const cancelled = await cancelDispatch(ctx, deps(), { name, reason: 'not needed' });
    expect(cancelled).toMatchObject({ status: 'cancelled', cancelReason: 'not needed' });
    await expect(cancelDispatch(ctx, deps(), { name, reason: 'again' })).rejects.toMatchObject({ code: 'conflict' });
    await reaches(name, (one) => one.releasedAt !== null);
    expect([...new Set(node?.cancelled)]).toEqual(executionId ? [executionId] : []);
    expect((await read(name)).status).toBe('cancelled');
  },
);

describe('a dispatch that asks once its budget is spent', () => {
  const wishes = { budget: { tokens: 1_000, whenSpent: 'ask' } } as const;
  const held = () => ({ budget: heldBudgets(database) });

  /** At work on a machine that may ask for more. */
  async function atWork(request: Partial<DispatchRequest> = { wishes }) {
    const node = await worker();
    const name = await dispatch(request);
    const executionId = await orderOf(node, name);
    await grantStart(database, { executionId, nodeId: node.nodeId });
    const asking = { db: database.db, clock };
    const question = { nodeId: node.nodeId, executionId, reason: 'spent\0!' };
    const ask = (tokens = 0) => askBudget(asking, { ...question, known: { tokens, requests: 0 } });
    return { node, name, executionId, ask, asking, question };
  }
  const decide = (id: ApprovalId, isApproved: boolean) =>
    decideApproval(ctx, { db: database.db, held: held() }, { id, isApproved, reason: null });

  test('is parked, once, by whichever controller is asked; approval gives as much again, and it may be given more', async () => {
    const { name, ask } = await atWork();
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers).toEqual(Array(3).fill({ kind: 'waiting' }));
    const { parked, status } = await read(name);
    expect([status, parked?.reason]).toEqual(['running', 'spent!']);
    await decide(parked?.approvalId as ApprovalId, true);
    expect(await ask()).toEqual({ kind: 'added', tokens: 1_000, requests: 0 });
    expect(await ask()).toEqual({ kind: 'added', tokens: 1_000, requests: 0 }); // an answer that was lost
    expect((await read(name)).parked).toBeNull();
    expect(await ask(1_000)).toEqual({ kind: 'waiting' });
    const given = await giveBudget(ctx, database, { name, more: { tokens: 50, requests: 0 } });
    expect(given).toMatchObject({ addedTokens: 1_050, parked: null });
    expect(await ask(1_000)).toEqual({ kind: 'added', tokens: 1_050, requests: 0 });
    await giveBudget(ctx, database, { name, more: { tokens: 5, requests: 0 } }); // before it is spent
    expect(await ask(1_050)).toEqual({ kind: 'added', tokens: 1_055, requests: 0 });
    const states = await database.db.query<{ state: string }>(sql`select state from approvals order by asked_at`);
    expect(states.map(({ state }) => state)).toEqual(['approved', 'approved']);
    const told = await database.db.query<{ type: string }>(sql`
      select type from events where subject = ${name} and type = 'dispatch.parked'`);
    expect(told).toHaveLength(2);
    const way = await readTransitions(database.db, (await read(name)).id);
    expect(way.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['parked: spent!', 'may use 1000 tokens and 0 requests beyond its budget']),
    );
  });

  test.each(['denied', 'expired'] as const)('that is %s is refused more, and ends once', async (how) => {
    const { node, name, ask, executionId } = await atWork();
    await ask();
    const { approvalId } = (await read(name)).parked as NonNullable<Dispatch['parked']>;
    if (how === 'denied') await decide(approvalId, false);
    else {
      await database.db.execute(sql`update approvals set expires_at = now() where id = ${approvalId}`);
      await endOverdueApprovals({ db: database.db, held: held() });
    }
    expect(await ask()).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/denied by|in time/) });
    await expect(decide(approvalId, true)).rejects.toMatchObject({ code: 'conflict' });
    const error = { code: 'budget_exceeded', message: 'spent' };
    node.finish(executionId, 'failed', 1, { outcome: 'failed', error });
    expect(await hasStatus(name, 'failed')).toMatchObject({ errorCode: 'budget_exceeded' });
    await expect(giveBudget(ctx, database, { name, more: { tokens: 1, requests: 0 } })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('that is cancelled meanwhile waits for nobody: its approval is withdrawn, and approving it starts nothing', async () => {
    const { name, ask } = await atWork();
    await ask();
    const { approvalId } = (await read(name)).parked as NonNullable<Dispatch['parked']>;
    await cancelDispatch(ctx, deps(), { name, reason: 'no' });
    await expect(decide(approvalId, true)).rejects.toMatchObject({ code: 'conflict' });
    await endOverdueApprovals({ db: database.db, held: held() });
    const [row] = await database.db.query<{ state: string }>(sql`select state from approvals where id = ${approvalId}`);
    expect(row?.state).toBe('withdrawn');
    expect(await ask()).toMatchObject({ kind: 'refused' });
    expect(await read(name)).toMatchObject({ status: 'cancelled', parked: null });
  });

  test('is asked about by its own machine alone, and only where that was wanted', async () => {
    const { ask, name } = await atWork({ wishes: { budget: { tokens: 1_000 } } });
    expect(await ask()).toMatchObject({ kind: 'refused' });
    const more = { tokens: 1, requests: 0 };
    await expect(giveBudget(ctx, database, { name, more })).rejects.toMatchObject({ code: 'conflict' });
    const { asking, question } = await atWork();
    const { nodeId } = await worker();
    const known = { tokens: 0, requests: 0 };
    expect(await askBudget(asking, { ...question, known, nodeId })).toMatchObject({ kind: 'refused' });
  });

  test('by policy takes the consent of another person, and no other way leads around it', async () => {
    const policy = {
      when: 'always',
      overTargets: null,
      approver: 'other',
      needsReason: false,
      lifeSeconds: 600,
    } as const;
    const careful: Context = { ...ctx, principal: { ...ctx.principal, approval: policy, person: 'ann' } };
    const node = await worker();
    const [created] = await createDispatches(careful, deps(), [{ ...REQUEST, wishes }]);
    const { name = '', approvalId } = created?.dispatch ?? {};
    const start = { budget: heldBudgets(database), dispatch: heldDispatches({ db: database.db, queue }) };
    const other: Context = { ...ctx, principal: { ...ctx.principal, person: 'bob' } };
    const approve = (by: Context, id: ApprovalId) =>
      decideApproval(by, { db: database.db, held: start }, { id, isApproved: true, reason: null });
    await approve(other, approvalId as ApprovalId);
    const executionId = await orderOf(node, name);
    await grantStart(database, { executionId, nodeId: node.nodeId });
    const ask = () =>
      askBudget(
        { db: database.db, clock },
        { nodeId: node.nodeId, executionId, reason: 'spent', known: { tokens: 0, requests: 0 } },
      );
    await ask();
    const { parked } = await read(name);
    for (const by of [careful, other])
      await expect(giveBudget(by, database, { name, more: { tokens: 1, requests: 0 } })).rejects.toMatchObject({
        code: 'forbidden',
      });
    await expect(approve(careful, parked?.approvalId as ApprovalId)).rejects.toMatchObject({ code: 'forbidden' });
    await approve(other, parked?.approvalId as ApprovalId);
    expect(await ask()).toMatchObject({ kind: 'added', tokens: 1_000 });
  });
});

test('one at a time works in a workspace, on the machine that keeps it; it is not deleted meanwhile', async () => {
  const [first, second] = [await worker(3), await worker(3)];
  const request = { repo: 'acme/web', workspaceMode: 'persistent' } as const;
  const [one, two] = [await dispatch(request), await dispatch(request)];
  const placed = await reaches(one, ({ nodeId }) => nodeId !== null);
  const keeper = placed.nodeId === first.nodeId ? first : second;
  const workspaceId = placed.workspaceId as WorkspaceId;
  expect((await read(two)).status).toBe('pending');
  await expect(deleteWorkspace(ctx, deps(), workspaceId)).rejects.toMatchObject({ code: 'conflict' });
  const executionId = await orderOf(keeper, one);
  keeper.finish(executionId, 'ok', 0, { outcome: 'success', workspace: { size_bytes: 4_096 } });
  const next = await reaches(two, ({ nodeId }) => nodeId !== null);
  expect([next.nodeId, next.workspaceId]).toEqual([keeper.nodeId, workspaceId]);
  keeper.finish(await orderOf(keeper, two), 'failed', 1);
  await hasStatus(two, 'failed');
  await deleteWorkspace(ctx, deps(), workspaceId);
  await until(async () => keeper.orders.some(({ tool }) => tool === 'workspace.delete') || undefined);
});

test('workspaces are measured when a dispatch ends; who keeps as much as may be kept has to delete some first', async () => {
  const node = await worker();
  const request = { repo: 'acme/web', workspaceMode: 'persistent' } as const;
  await setTenantQuotas(database.db, ctx.tenantId, { workspaceMebibytes: 2 });
  const name = await dispatch(request);
  const report = { outcome: 'success', workspace: { size_bytes: 2 * 1_048_576 } };
  node.finish(await orderOf(node, name), 'ok', 0, report);
  const { workspaceId } = await hasStatus(name, 'success');
  for (const repo of ['acme/web', 'acme/other']) {
    const refused = { code: 'conflict', message: expect.stringContaining('at most 2 MiB in workspaces that are kept') };
    await expect(dispatch({ ...request, repo })).rejects.toMatchObject(refused);
  }
  expect(await dispatch({ repo: 'acme/web' })).toMatch(/^dsp_/); // an ephemeral one is not kept
  await deleteWorkspace(ctx, deps(), workspaceId as WorkspaceId);
  expect(await dispatch(request)).toMatch(/^dsp_/);
});

test('one is gone on with in the workspace it left, unless that is gone, or was used since', async () => {
  const node = await worker(3);
  const resume = (name: string, task?: string) => resumeDispatch(ctx, deps(), { name, task });
  const end = async (name: string) => {
    node.finish(await orderOf(node, name), 'failed', 1, {
      outcome: 'failed',
      error: { code: 'agent_failed', message: 'no' },
    });
    await reaches(name, (one) => one.releasedAt !== null);
  };
  const kept = { repo: 'acme/web', branch: 'main', workspaceMode: 'persistent', wishes: { judge: 'true' } } as const;
  const first = await dispatch(kept);
  await expect(resume(first)).rejects.toMatchObject({ code: 'conflict' });
  await end(first);
  const { dispatch: second } = await resume(first, 'Now the docs, please');
  expect(second).toMatchObject({ ...kept, resumes: first, workspaceId: (await read(first)).workspaceId });
  expect(second.task).toMatch(/^Now the docs, please\n\n.*ended failed[\s\S]*Write the tests first/);
  await expect(resume(first)).rejects.toMatchObject({ code: 'conflict' });
  await end(second.name);
  await expect(resume(first)).rejects.toMatchObject({ code: 'conflict' });
  const again = await retryDispatch(ctx, deps(), first);
  expect(again.dispatch).toMatchObject({ ...kept, retryOf: (await read(first)).id, resumes: null });
  const ephemeral = await dispatch();
  await end(ephemeral);
  await expect(resume(ephemeral)).rejects.toMatchObject({ code: 'conflict' });
  await expect(resume('dsp_20260113_143052_abc123')).rejects.toMatchObject({ code: 'not_found' });
});

test('secrets go with the order by their names; one that has gone meanwhile ends it, and says so', async () => {
  const secrets = { db: database.db, sealer };
  await setSecret(ctx, secrets, { kind: 'value', name: 'TOKEN', value: 'hunter2' });
  await setSecret(ctx, secrets, { kind: 'model', name: 'claude', value: 'sk-1' });
  await expect(dispatch({ secrets: ['TOKEN', 'OTHER'] })).rejects.toMatchObject({
    code: 'not_found',
    missing: ['OTHER'],
  });
  const [good, bad] = [await dispatch({ secrets: ['TOKEN'] }), await dispatch({ secrets: ['TOKEN'] })];
  const node = await worker();
  const executionId = await orderOf(node, good);
  expect(orders[0]?.secrets.TOKEN?.reveal()).toBe('hunter2');
  expect(orders[0]?.modelKey?.reveal()).toBe('sk-1');
  await removeSecret(ctx, secrets, { kind: 'value', name: 'TOKEN' });
  node.finish(executionId, 'ok');
  const ended = await hasStatus(bad, 'failed');
  expect(ended.errorMessage).toContain('TOKEN');
});

test('the log is the same in pieces as at once, ends where it ends, and keeps what has no end until it has one', async () => {
  const node = await worker();
  const name = await dispatch();
  const executionId = await orderOf(node, name);
  const line = (message: string) =>
    `${JSON.stringify({ at: '2026-01-01T00:00:00.000Z', level: 'warn', source: 'agent', message })}\n`;
  const text = `${line('one')}${line('zwei €')}plain\n${line('three')}unended`;
  const bytes = Buffer.from(text);
  for (const [ordinal, start] of [0, 30, 75, 140].entries()) {
    const end = [30, 75, 140, bytes.length][ordinal];
    node.session?.output({ executionId, ordinal, stream: 1, offset: start, data: bytes.subarray(start, end) });
  }
  const whole = await until(async () => {
    const page = await readLog(database.db, await read(name), { limit: 100 });
    return page.entries.length === 4 ? page : undefined;
  });
  expect(whole.entries.map(({ message, level, source }) => [message, level, source])).toEqual([
    ['one', 'warn', 'agent'],
    ['zwei €', 'warn', 'agent'],
    ['plain', 'info', 'garrison'],
    ['three', 'warn', 'agent'],
  ]);
  let offset: string | undefined;
  for (const expected of whole.entries) {
    const page = await readLog(database.db, await read(name), { offset, limit: 1 });
    expect(page.entries).toEqual([expected]);
    offset = page.offset;
  }
  expect(await readLog(database.db, await read(name), { offset, limit: 1 })).toMatchObject({ entries: [], offset });
  node.finish(executionId, 'ok');
  const ended = await reaches(name, (one) => one.releasedAt !== null);
  const rest = await readLog(database.db, ended, { offset, limit: 10 });
  expect(rest.entries.map(({ message }) => message)).toEqual(['unended']);
  expect(await readLog(database.db, ended, { offset: rest.offset, limit: 10 })).toMatchObject({
    entries: [],
    offset: rest.offset,
  });
  await expect(readLog(database.db, ended, { offset: 'nonsense', limit: 1 })).rejects.toMatchObject({
    code: 'malformed',
  });
});
