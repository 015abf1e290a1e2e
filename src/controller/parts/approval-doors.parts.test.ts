import { globSync, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { decideApproval } from '#core/approvals/decide-approval.ts';
import { listApprovals } from '#core/approvals/read-approvals.ts';
import { writeTenantPolicy } from '#core/approvals/store.ts';
import { startCommand } from '#core/commands/start-command.ts';
import { agentModels } from '#core/dispatches/agents.ts';
import { createDispatches } from '#core/dispatches/create-dispatch.ts';
import { deleteWorkspace } from '#core/dispatches/delete-workspace.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { Context } from '#core/kernel/context.ts';
import { type NodeId, newId, type WorkspaceId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import type { ApprovalPolicy } from '#core/kernel/token-policy.ts';
import { rerun } from '#core/runs/rerun.ts';
import { findRun } from '#core/runs/store.ts';
import type { TunnelPurpose } from '#core/tunnels/tunnel.ts';
import { TUNNEL_SCOPES, TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import { startUpdate } from '#core/updates/start-update.ts';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { FACTS, SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { heldKinds } from './held-kinds.ts';

const TWO: ApprovalPolicy = {
  when: 'always',
  overTargets: null,
  approver: 'other',
  needsReason: false,
  lifeSeconds: 3_600,
};

let database: TestDatabase;
let engine: TestEngine;
let tenant: SeededTenant;
let ctx: Context;
let node: NodeId;
let ran: string[];
beforeAll(async () => {
  database = await testDatabase();
  engine = await startTestEngine(database.db);
});
afterAll(async () => {
  await engine.stop();
  await database.close();
});

beforeEach(async () => {
  const { db } = database;
  tenant = await seedTenant(db);
  ctx = contextOf(tenant);
  ran = [];
  [node] = (await seedNodes(db, tenant, [{ name: 'web' }])) as [NodeId];
  const simulated = new SimulatedNode(node, ({ executionId, tool }, one) => {
    ran.push(tool);
    one.finish(executionId, 'ok');
  });
  const agents = { agents: [{ name: 'claude', version: '1', model: '' }], slots: 1, networks: ['off'] };
  await simulated.connect(engine, { ...FACTS, other: { agents } } as never);
  await writeTenantPolicy(db, tenant.tenantId, TWO);
});

const other = (): Context => ({
  ...ctx,
  principal: { ...ctx.principal, kind: 'user', subject: 'second', name: 'second' },
});
const asUser = (): Context => ({
  ...ctx,
  principal: { ...ctx.principal, kind: 'user', subject: 'first', name: 'first' },
});
const waiting = async () => (await listApprovals(ctx, database, { state: 'waiting', limit: 10 })).items;
const held = () =>
  heldKinds({ db: database.db, clock: systemClock, engine: engine.deps.engine, queue: { nudge: () => undefined } });

const HELD: Record<string, () => Promise<unknown>> = {
  command: () =>
    startCommand(asUser(), engine.deps, {
      text: 'reboot',
      timeoutMs: null,
      deadlineAt: null,
      selector: { ids: [node] },
      targeting: {},
      isForAll: false,
      clusterName: null,
    }),
  'self-update': () => startUpdate(asUser(), engine.deps, { selector: { ids: [node] }, targeting: {} }),
};

test.each(Object.keys(HELD))('a %s waits, and starts when another person has approved it', async (door) => {
  await HELD[door]?.();
  const [asked] = await waiting();
  if (asked === undefined) throw new Error('nothing waits');
  expect(asked).toMatchObject({ kind: 'run', person: 'first', approver: 'other' });
  const decision = { id: asked.id, isApproved: true, reason: null };
  const deps = { db: database.db, held: held() };
  await expect(decideApproval(asUser(), deps, decision)).rejects.toMatchObject({ code: 'forbidden' });
  expect(ran).toEqual([]);
  await decideApproval(other(), deps, decision);
  await vi.waitFor(() => expect(ran).toHaveLength(1), { timeout: 20_000 });
});

test('an order that is given again waits again', async () => {
  await HELD.command?.();
  const [first] = await waiting();
  if (first === undefined) throw new Error('nothing waits');
  const of = await findRun(database.db, tenant.tenantId, first.about as never);
  if (of === undefined) throw new Error('there is no run');
  const again = { of, target: { kind: 'node', nodeId: node }, writtenTarget: {}, hasFloor: false } as const;
  await rerun(asUser(), engine.deps as never, again);
  expect(await waiting()).toHaveLength(2);
  expect(ran).toEqual([]);
});

test('dispatches wait, each for itself', async () => {
  const request = {
    agent: 'claude',
    task: 'mend it',
    context: 'minimal',
    workspaceMode: 'ephemeral',
    timeoutSeconds: 60,
    secrets: [],
    wishes: {},
    tags: {},
  } as const;
  const deps = { db: database.db, agents: agentModels([]), queue: { nudge: () => undefined } };
  const created = await createDispatches(asUser(), deps as never, [request, request]);
  expect(created.map(({ dispatch }) => [dispatch.status, dispatch.isHeld])).toEqual([
    ['pending', true],
    ['pending', true],
  ]);
  const asked = await waiting();
  expect(asked.map(({ kind, summary }) => [kind, summary.command])).toEqual([
    ['dispatch', 'mend it'],
    ['dispatch', 'mend it'],
  ]);
  const [yes, no] = asked;
  if (yes === undefined || no === undefined) throw new Error('two wait');
  await decideApproval(other(), { db: database.db, held: held() }, { id: yes.id, isApproved: true, reason: null });
  await decideApproval(other(), { db: database.db, held: held() }, { id: no.id, isApproved: false, reason: null });
  const rows = await database.db.query<{ id: string; status: string; is_held: boolean }>(
    sql`select id, status, is_held from dispatches where tenant_id = ${tenant.tenantId}`,
  );
  expect(rows.find(({ id }) => id === yes.about)).toMatchObject({ status: 'pending', is_held: false });
  expect(rows.find(({ id }) => id === no.about)).toMatchObject({ status: 'cancelled' });
});

test('a workspace is deleted once it is approved', async () => {
  const id = newId<WorkspaceId>();
  await database.db.execute(sql`
    insert into workspaces (id, tenant_id, repo, node_id) values (${id}, ${tenant.tenantId}, 'a/b', ${node})`);
  await expect(deleteWorkspace(asUser(), engine.deps, id)).rejects.toMatchObject({ code: 'approval_required' });
  const [asked] = await waiting();
  if (asked === undefined) throw new Error('nothing waits');
  await decideApproval(other(), { db: database.db, held: held() }, { id: asked.id, isApproved: true, reason: null });
  await deleteWorkspace(asUser(), engine.deps, id);
  await vi.waitFor(() => expect(ran).toEqual(['workspace.delete']), { timeout: 20_000 });
});

const SHELL: TunnelPurpose = {
  kind: 'terminal',
  command: ['bash', '-c', 'reboot'],
  user: undefined,
  terminal: undefined,
};
const PORT: TunnelPurpose = { kind: 'tcp', host: undefined, port: 22 };

test.each([
  ['tunnel', PORT],
  ['proxy', PORT],
  ['terminal', SHELL],
] as const)('by the door %s nothing is opened, until the same was approved', async (door, purpose) => {
  const desk = new TunnelDesk({
    db: database.db,
    clock: systemClock,
    audit: { hasRoom: true, record: async () => undefined },
    opener: { open: async () => new PassThrough() },
    log: silentLog,
  });
  const principal = { ...asUser().principal, scopes: new Set(Object.values(TUNNEL_SCOPES)) };
  const caller = {
    principal,
    address: undefined,
    requestId: 'r',
    door,
    credential: 'c',
    isStillGood: async () => true,
  };
  const open = (wanted: TunnelPurpose) => desk.open({ caller, node: 'web', purpose: wanted });
  await expect(open(purpose)).rejects.toMatchObject({ reason: 'approval_required' });
  await expect(open(purpose)).rejects.toMatchObject({ reason: 'approval_required' });
  const [asked, more] = await waiting();
  if (asked === undefined) throw new Error('nothing waits');
  expect(more).toBeUndefined();
  await decideApproval(other(), { db: database.db, held: held() }, { id: asked.id, isApproved: true, reason: null });
  const tunnel = await open(purpose);
  tunnel.over({ why: 'closed', bytesUp: 0, bytesDown: 0 });
  const another: TunnelPurpose = purpose.kind === 'tcp' ? { ...purpose, port: 23 } : { ...purpose, command: ['sh'] };
  await expect(open(another)).rejects.toMatchObject({ reason: 'approval_required' });
});

test('no token makes one that needs less approval, may more, or is another person', async () => {
  const approval: ApprovalPolicy = { ...TWO, when: 'destructive' };
  const principal = { ...asUser().principal, approval, budget: { targetsPerRun: 5 } };
  const bound: Context = { ...ctx, principal };
  const make = (more: object) => createKey(bound, database, { kind: 'scoped', name: 'k', ...more });
  for (const weaker of [{ when: 'never' }, { approver: 'self' }, { lifeSeconds: 9_999 }] as const)
    await expect(make({ approval: { ...approval, ...weaker } })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(make({ budget: { targetsPerRun: 6 } })).rejects.toMatchObject({ code: 'forbidden' });
  expect((await make({})).key).toMatchObject({ approval, budget: { targetsPerRun: 5 }, person: 'first' });
  expect((await make({ approval: { ...approval, when: 'always' }, budget: { runsPerHour: 1 } })).key).toMatchObject({
    approval: { when: 'always' },
    budget: { targetsPerRun: 5, runsPerHour: 1 },
  });
});

/** Where something starts on nodes without being asked for there, and why. A new line here is a new door. */
const STARTS: Readonly<Record<string, string>> = {
  'core/dispatches/create-dispatch.ts insertDispatch': 'asked for in it',
  'core/dispatches/delete-workspace.ts isApproved: true': 'asked for in it, because it cannot be held',
  'core/dispatches/give-budget.ts isApproved: true': 'refused in it where a policy demands consent',
  'core/runs/start-run.ts insertRun': 'asked for in it',
};

test('runs and dispatches are written where consent is asked for, and nowhere else', () => {
  const files = globSync('src/core/**/*.ts').filter((file) => !file.includes('.test.') && !file.endsWith('store.ts'));
  const found = files.flatMap((file) =>
    ['insertRun', 'insertDispatch', 'isApproved: true']
      .filter((word) =>
        new RegExp(`(?<!function )\\b${word}${word.includes(':') ? '' : '\\('}`).test(readFileSync(file, 'utf8')),
      )
      .map((word) => `${file.replaceAll('\\', '/').replace('src/', '')} ${word}`),
  );
  expect(found.sort()).toEqual(Object.keys(STARTS).sort());
});
