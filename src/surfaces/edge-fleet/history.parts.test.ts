import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
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

const fails: Behaviour = ({ executionId }, node) => node.finish(executionId, 'failed', 5);

async function setup(behaviour?: Behaviour) {
  const tag = `t${newId()}`;
  const nodes = await fleet.connect([{ name: 'a', tags: [tag] }], behaviour);
  return { ids: nodes.map((node) => `n-${node.nodeId}`), target: { Selector: { tags: [{ Has: tag }] } } };
}

async function invoke(body: object): Promise<string> {
  const answer = await fleet.call('POST', '/v1/edge/fleet/invoke', { body: { tool: 'cmd.run', ...body } });
  expect(answer.statusCode).toBe(200);
  return readEvents(answer.body)[0]?.data.fleet_command_id;
}

async function list(query: Record<string, string>) {
  const answer = await fleet.call('GET', `/v1/edge/fleet/runs?${new URLSearchParams(query)}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().items as Record<string, unknown>[];
}

const idsOf = (runs: readonly Record<string, unknown>[]) => runs.map((run) => run.fleet_command_id);
const SECRET = 'hunter2';

test('lists and detail say what was run and who did it, and no secret', async () => {
  const { ids, target } = await setup(fails);
  const args = { command: 'deploy', args: ['--to', 'prod site'], stdin: SECRET };
  const id = await invoke({ target, args });
  const text = "deploy --to 'prod site'";
  const told = {
    fleet_command_id: id,
    tool: 'cmd.run',
    target,
    command: text,
    command_sha256: createHash('sha256').update(text).digest('hex'),
    args: { ...args, stdin: '[redacted]' },
    caller: { id: expect.stringMatching(/^tester-/), name: 'tester' },
    outcome: 'complete',
    duration_ms: expect.any(Number),
  };
  const [listed] = await list({ node: ids[0] ?? '' });
  expect(listed).toMatchObject(told);
  const detail = await fleet.call('GET', `/v1/edge/fleet/runs/${id}`);
  expect(detail.json()).toMatchObject(told);
  expect(JSON.stringify([listed, detail.json()])).not.toContain(SECRET);
});

test('a long script is cut in lists and whole in detail', async () => {
  const { target } = await setup();
  const argv = ['sh', '-c', 'x'.repeat(10_000)];
  const id = await invoke({ target, args: { argv } });
  const [listed] = await list({});
  expect(listed).toMatchObject({ fleet_command_id: id, args: { argv: ['sh', '-c', `${'x'.repeat(255)}…`] } });
  expect(listed?.command).toHaveLength(200);
  expect((await fleet.call('GET', `/v1/edge/fleet/runs/${id}`)).json().args).toEqual({ argv });
});

test('the audit log and the events of a run name the same', async () => {
  const { target } = await setup(fails);
  const id = await invoke({ target, args: { command: 'true', stdin: SECRET }, policy: { mode: 'Sequential' } });
  const order = {
    kind: 'fleet',
    tool: 'cmd.run',
    command: 'true',
    commandSha256: createHash('sha256').update('true').digest('hex'),
    args: { command: 'true', stdin: '[redacted]' },
    target,
    policy: { mode: { kind: 'sequential' } },
  };
  const entry = fleet.audited.findLast(({ action }) => action === 'fleet.invoke');
  expect(entry).toMatchObject({ object: id.slice(2), facts: { ...order, caller: 'tester', targets: 1 } });
  const events = await fleet.database.db.query<{ type: string; data: Record<string, unknown> }>(sql`
    select type, data from events where subject = ${id.slice(2)} order by created_at, id`);
  const who = { caller: 'tester', callerId: expect.stringMatching(/^tester-/) };
  expect(events).toEqual([
    { type: 'run.started', data: expect.objectContaining({ ...order, policy: expect.anything(), ...who, targets: 1 }) },
    {
      type: 'run.finished',
      data: expect.objectContaining({
        ...order,
        ...who,
        policy: expect.anything(),
        outcome: 'complete',
        failures: 1,
        durationMs: expect.any(Number),
      }),
    },
  ]);
  expect(JSON.stringify([entry, events])).not.toContain(SECRET);
});

test('the list is narrowed by outcome, tool, caller, node, time and text', async () => {
  const [good, bad] = [await setup(), await setup(fails)];
  const policy = { failure_policy: 'ContinueOnError' };
  const first = await invoke({ target: good.target, args: { command: 'make', args: ['100%_Install'] } });
  const second = await invoke({ target: bad.target, args: { command: 'make' }, policy });
  const both = [second, first];
  const among = async (query: Record<string, string>) =>
    idsOf(await list(query)).filter((id) => both.includes(String(id)));
  const [{ caller, started_at: startedAt } = {}] = await list({ node: good.ids[0] ?? '' });
  expect(await among({ outcome: 'complete' })).toEqual(both);
  expect(await among({ outcome: 'failed' })).toEqual([second]);
  expect(await among({ outcome: 'running' })).toEqual([]);
  expect(await among({ tool: 'host.facts' })).toEqual([]);
  expect(await among({ caller: 'tester' })).toEqual(both);
  expect(await among({ caller: (caller as { id: string }).id })).toEqual(both);
  expect(await among({ caller: 'nobody' })).toEqual([]);
  expect(await among({ node: bad.ids[0] ?? '' })).toEqual([second]);
  expect(await among({ since: String(startedAt) })).toEqual(both);
  expect(await among({ until: String(startedAt) })).toEqual([]);
  expect(await among({ text: '100%_install' })).toEqual([first]);
  expect(await among({ text: '100%%install' })).toEqual([]);
  expect(await among({ node: bad.ids[0] ?? '', outcome: 'failed', text: 'MAKE', tool: 'cmd.run' })).toEqual([second]);
});

test('another tenant finds nothing by the node of this one', async () => {
  const { ids, target } = await setup();
  await invoke({ target, args: { command: 'true' } });
  const answer = await fleet.call('GET', `/v1/edge/fleet/runs?node=${ids[0]}`, { as: fleet.stranger });
  expect(answer.json().items).toEqual([]);
});

test('a run of before it was kept has no history, and says so with null', async () => {
  const { target } = await setup();
  const id = await invoke({ target, args: { command: 'true' } });
  await fleet.database.db.execute(sql`
    update runs set command = null, command_sha256 = null, args_head = null, caller = null where id = ${id.slice(2)}`);
  const [listed] = await list({});
  expect(listed).toMatchObject({ command: null, command_sha256: null, args: null, caller: { name: null } });
});

test('a run can be read without its nodes', async () => {
  const { target } = await setup();
  const id = await invoke({ target });
  const read = async (query: string) => (await fleet.call('GET', `/v1/edge/fleet/runs/${id}${query}`)).json();
  expect((await read('')).per_node).toHaveLength(1);
  expect(await read('?per_node=false')).toMatchObject({ fleet_command_id: id, per_node: [], summary: { ok: 1 } });
});
