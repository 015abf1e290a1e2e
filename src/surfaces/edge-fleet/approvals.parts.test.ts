import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { endOverdueApprovals } from '#core/approvals/decide-approval.ts';
import { writeTenantPolicy } from '#core/approvals/store.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import type { ApprovalPolicy } from '#core/kernel/token-policy.ts';
import { heldRuns } from '#core/runs/held-runs.ts';
import { type EdgeFleetApp, edgeFleetApp, readEvents } from '#test/support/edge-fleet-app.ts';
import type { Behaviour } from '#test/support/engine.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(async () => {
  await fleet.close();
  expect(fleet.engine.errors).toEqual([]);
});

const TWO: ApprovalPolicy = {
  when: 'destructive',
  overTargets: null,
  approver: 'other',
  needsReason: false,
  lifeSeconds: 3_600,
};
const demand = (policy: ApprovalPolicy | null) => writeTenantPolicy(fleet.database.db, fleet.tenant.tenantId, policy);
beforeEach(() => demand(TWO));
afterEach(async () => {
  await demand(null);
  for (const { id } of await waiting()) await decide(id, 'deny', 'cleaner');
});

const seen: string[] = [];
const works: Behaviour = ({ executionId }, node) => {
  seen.push(node.nodeId);
  node.finish(executionId, 'ok');
};

async function setup(count = 2) {
  const tag = `t${newId()}`;
  const nodes = await fleet.connect(
    Array.from({ length: count }, (_, place) => ({ name: `${tag}-${place}`, tags: [tag] })),
    works,
  );
  const target = { Selector: { tags: [{ Has: tag }] } };
  return {
    tag,
    target,
    ids: nodes.map(({ nodeId }) => nodeId),
    ran: () => nodes.some((one) => seen.includes(one.nodeId)),
  };
}

async function waiting(): Promise<{ id: string; about: string; targets: string[] }[]> {
  return (await fleet.call('GET', '/v1/approvals?state=waiting')).json().items;
}

const oneWaiting = () =>
  vi.waitFor(
    async () => {
      const [one] = await waiting();
      if (one === undefined) throw new Error('nothing waits');
      return one;
    },
    { timeout: 20_000 },
  );

const decide = (id: string, word: 'approve' | 'deny', person: string, body = {}) =>
  fleet.call('POST', `/v1/approvals/${id}/${word}`, { body, person });

const invoke = (target: object, options = {}) =>
  fleet.call('POST', '/v1/edge/fleet/invoke', {
    body: { target, tool: 'cmd.run', args: { command: 'reboot', stdin: 'hidden' } },
    ...options,
  });

test('an order waits with its stream open until another person approves it, and both names are kept', async () => {
  const { target, tag, ran } = await setup();
  const invoking = invoke(target);
  const asked = await oneWaiting();
  expect(asked).toMatchObject({
    kind: 'run',
    what: 'reboot',
    target_count: 2,
    targets: [`${tag}-0`, `${tag}-1`],
    asked_by: { name: 'tester' },
  });
  expect(JSON.stringify(asked)).not.toContain('hidden');
  const run = `/v1/edge/fleet/runs/${asked.about}`;
  expect((await fleet.call('GET', run)).json().approval).toEqual({ id: asked.id, is_waiting: true });
  const own = await fleet.call('POST', `/v1/approvals/${asked.id}/approve`, { body: {} });
  expect([own.statusCode, ran()]).toEqual([403, false]);
  const approved = await decide(asked.id, 'approve', 'second');
  expect(approved.json()).toMatchObject({ state: 'approved', decided_by: { name: 'second' } });
  const events = readEvents((await invoking).body);
  expect(events[0]).toMatchObject({ event: 'fleet_started', data: { approval: asked.id } });
  expect(events.at(-1)).toMatchObject({ event: 'fleet_result', data: { summary: { ok: 2 } } });
  expect(fleet.audited.find(({ action, outcome }) => action === 'approval.approve' && outcome === 'ok')).toMatchObject({
    subject: 'second',
    facts: { asker: 'tester', decider: 'second', what: 'reboot' },
  });
  expect((await decide(asked.id, 'deny', 'third')).statusCode).toBe(409);
  const told = await fleet.database.db.query<{ type: string }>(
    sql`select type from events where subject = ${asked.id} order by position`,
  );
  expect(told.map(({ type }) => type)).toEqual(['approval.asked', 'approval.approved']);
});

test('what is denied ends without having started', async () => {
  const { target, ran } = await setup();
  const invoking = invoke(target);
  const { id } = await oneWaiting();
  expect((await decide(id, 'deny', 'second', { reason: 'not today' })).json()).toMatchObject({ reason: 'not today' });
  expect(readEvents((await invoking).body).at(-1)?.data.summary).toMatchObject({ ok: 0, not_started: 2 });
  expect(ran()).toBe(false);
});

test('two who decide at once decide once', async () => {
  const { target } = await setup();
  const invoking = invoke(target);
  const { id } = await oneWaiting();
  const answers = await Promise.all([decide(id, 'approve', 'b'), decide(id, 'deny', 'c'), decide(id, 'approve', 'd')]);
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409, 409]);
  await invoking;
});

test('what means other machines by now is not let go', async () => {
  const { target, tag, ran } = await setup();
  const invoking = invoke(target);
  const { id } = await oneWaiting();
  await fleet.connect([{ name: `${tag}-new`, tags: [tag] }], works);
  const refused = await decide(id, 'approve', 'second');
  expect([refused.statusCode, refused.json().detail]).toEqual([409, expect.stringContaining(`new: ${tag}-new`)]);
  expect(ran()).toBe(false);
  await decide(id, 'deny', 'second');
  await invoking;
});

test('nobody decides after its time; it ends', async () => {
  await demand({ ...TWO, lifeSeconds: 0 });
  const { target, ran } = await setup();
  const invoking = invoke(target);
  const { id } = await oneWaiting();
  expect((await decide(id, 'approve', 'second')).statusCode).toBe(409);
  const { db } = fleet.database;
  const run = heldRuns({ db, clock: systemClock, engine: fleet.engine.deps.engine });
  await endOverdueApprovals({ db, held: { run, dispatch: run } });
  expect(readEvents((await invoking).body).at(-1)?.data.summary).toMatchObject({ not_started: 2 });
  expect((await fleet.call('GET', `/v1/approvals/${id}`)).json().state).toBe('expired');
  expect(ran()).toBe(false);
});

test('whoever cancels what waits withdraws it', async () => {
  const { target } = await setup();
  const invoking = invoke(target);
  const { id, about } = await oneWaiting();
  await fleet.call('POST', `/v1/edge/fleet/${about}/cancel`, { body: {} });
  await invoking;
  expect((await decide(id, 'approve', 'second')).statusCode).toBe(409);
});

describe('another way to start the same waits too', () => {
  test.each(['rerun', 'pin', 'invoke'])('%s', async (way) => {
    await demand(null);
    const { target, tag } = await setup(1);
    const first = readEvents((await invoke(target)).body)[0]?.data.fleet_command_id;
    const { pin } = (await fleet.call('POST', '/v1/previews', { body: { on: target, command: ['true'] } })).json();
    await demand(TWO);
    seen.length = 0;
    const ways: Record<string, () => Promise<unknown>> = {
      rerun: async () => fleet.call('POST', `/v1/edge/fleet/runs/${first}/rerun`, { body: {} }),
      pin: async () => fleet.call('POST', '/v1/runs', { body: { pin } }),
      invoke: async () => invoke(target),
    };
    const starting = ways[way]?.();
    const { id } = await oneWaiting();
    expect(seen).toEqual([]);
    await decide(id, 'deny', 'second');
    await starting;
    expect([seen, tag]).toEqual([[], tag]);
  });
});

describe('what is demanded', () => {
  const token = (approval: Partial<ApprovalPolicy>) => ({ policy: { approval: { ...TWO, ...approval } } });

  test('a preview says who would have to approve', async () => {
    const { target } = await setup();
    const order = { on: target, command: ['reboot'] };
    expect((await fleet.call('POST', '/v1/previews', { body: order })).json().approval).toBe('other');
    const looks = { on: target, tool: 'host.facts' };
    expect((await fleet.call('POST', '/v1/previews', { body: looks })).json().approval).toBe(null);
  });

  test.each<[string, Partial<ApprovalPolicy>, string, string | null]>([
    ['always, of what only looks', { when: 'always' }, 'host.facts', 'other'],
    ['over more targets than there are', { when: 'never', overTargets: 2 }, 'cmd.run', null],
    ['over fewer', { when: 'never', overTargets: 1 }, 'cmd.run', 'other'],
    ['by anybody', { approver: 'self' }, 'cmd.run', 'self'],
    ['never', { when: 'never' }, 'cmd.run', null],
  ])('by a token: %s', async (_, approval, tool, approver) => {
    await demand(null);
    const { target } = await setup(2);
    const body = { on: target, tool, args: {} };
    const answer = await fleet.call('POST', '/v1/previews', { body, ...token(approval) });
    expect(answer.json().approval).toBe(approver);
  });

  test('a reason, where the policy wants one', async () => {
    await demand({ ...TWO, approver: 'self', needsReason: true });
    const { target } = await setup(1);
    const invoking = invoke(target);
    const { id } = await oneWaiting();
    expect((await decide(id, 'approve', 'tester')).statusCode).toBe(400);
    expect((await decide(id, 'approve', 'tester', { reason: 'planned' })).statusCode).toBe(200);
    await invoking;
  });

  test('deciding takes its own scope', async () => {
    const scopes = ['garrison.fleet.manage'];
    const id = newId();
    expect((await fleet.call('POST', `/v1/approvals/${id}/approve`, { body: {}, scopes })).statusCode).toBe(403);
  });
});

describe('a budget', () => {
  test('bounds the targets of a run and the runs of an hour', async () => {
    await demand(null);
    const { target } = await setup(2);
    const wide = await invoke(target, { policy: { budget: { targetsPerRun: 1 } } });
    expect([wide.statusCode, wide.json().detail]).toEqual([403, expect.stringContaining('1 machines')]);
    const person = newId();
    const options = { person, policy: { budget: { runsPerHour: 2 } } };
    const answers = [await invoke(target, options), await invoke(target, options), await invoke(target, options)];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
  });

  test('bounds the calls of a minute', async () => {
    const options = { person: newId(), policy: { budget: { callsPerMinute: 2 } } };
    const calls = [1, 2, 3].map(() => fleet.call('GET', '/v1/edge/groups', options));
    expect((await Promise.all(calls)).map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 429]);
  });
});
