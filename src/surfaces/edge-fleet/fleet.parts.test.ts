import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeFleetApp, edgeFleetApp, readEvents } from '#test/support/edge-fleet-app.ts';
import type { Behaviour, SimulatedNode } from '#test/support/engine.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(async () => {
  await fleet.close();
  expect(fleet.engine.errors).toEqual([]);
});

/** Connected hosts `a`, `b`, `c` … with a tag of their own, which is the target. */
async function setup(count: number, behaviour?: Behaviour) {
  const tag = `t${newId()}`;
  const seeds = Array.from({ length: count }, (_, i) => ({ name: String.fromCharCode(97 + i), tags: [tag] }));
  const nodes = await fleet.connect(seeds, behaviour);
  return { tag, nodes, ids: nodes.map((node) => `n-${node.nodeId}`), target: { Selector: { tags: [{ Has: tag }] } } };
}

async function invoke(body: object) {
  const answer = await fleet.call('POST', '/v1/edge/fleet/invoke', { body: { tool: 'cmd.run', ...body } });
  return { answer, events: answer.statusCode === 200 ? readEvents(answer.body) : [] };
}

async function replay(runId: string, lastSeen?: string) {
  const headers = lastSeen === undefined ? {} : { 'last-event-id': lastSeen };
  const answer = await fleet.call('GET', `/v1/edge/fleet/runs/${runId}/events`, { headers });
  if (answer.statusCode === 204) return [];
  expect(answer.statusCode).toBe(200);
  return readEvents(answer.body);
}

const said: Behaviour = ({ executionId }, node: SimulatedNode) => {
  node.start(executionId);
  node.write(executionId, 0, 'grü'.slice(0, 2));
  node.session?.output({ executionId, ordinal: 1, stream: 1, offset: 2, data: Buffer.from('ü').subarray(0, 1) });
  node.session?.output({ executionId, ordinal: 2, stream: 1, offset: 3, data: Buffer.from('ü').subarray(1) });
  node.session?.output({ executionId, ordinal: 3, stream: 2, offset: 0, data: Buffer.from('oh\u00e9').subarray(0, 3) });
  node.finish(executionId, 'ok');
};
const fails: Behaviour = ({ executionId }, node) => node.finish(executionId, 'failed', 5);
const hangs: Behaviour = ({ executionId }, node) => node.start(executionId);

describe('preview', () => {
  test('says who would run and who would not, and why, by name and id', async () => {
    const { tag, ids, target } = await setup(2);
    const [away, revoked] = await seedNodes(fleet.database.db, fleet.tenant, [
      { name: 'away', tags: [tag] },
      { name: '0', tags: [tag], revokedAt: new Date() },
    ]);
    const answer = await fleet.call('POST', '/v1/edge/fleet/preview', { body: { target } });
    expect(answer.json()).toEqual({
      resolved: [
        { node_id: ids[0], name: 'a', status: 'Connected' },
        { node_id: ids[1], name: 'b', status: 'Connected' },
      ],
      skipped: [
        { node_id: `n-${revoked}`, reason: 'Revoked' },
        { node_id: `n-${away}`, reason: 'Disconnected' },
      ],
    });
  });

  test('reads a host by either form of its id, and a group', async () => {
    const { tag, ids } = await setup(1);
    const group = { name: tag, selector: { tags: [{ Has: tag }] } };
    const { id } = (await fleet.call('POST', '/v1/edge/groups', { body: group })).json();
    for (const target of [{ Node: ids[0] }, { Node: ids[0]?.slice(2) }, { Group: id }, { Group: id.slice(2) }]) {
      const { resolved } = (await fleet.call('POST', '/v1/edge/fleet/preview', { body: { target } })).json();
      expect(resolved.map((one: { node_id: string }) => one.node_id)).toEqual(ids);
    }
  });

  test('an empty selector and All are the same', async () => {
    const [all, empty] = await Promise.all(
      [{ All: null }, { Selector: {} }].map((target) =>
        fleet.call('POST', '/v1/edge/fleet/preview', { body: { target } }),
      ),
    );
    expect(all?.json()).toEqual(empty?.json());
  });

  test.each([{ Group: newId() }, { Node: newId() }])('a target there is not is 404: %j', async (target) => {
    const answer = await fleet.call('POST', '/v1/edge/fleet/preview', { body: { target } });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found']);
  });

  test.each<[string, object, string]>([
    ['no target', {}, '#/target'],
    ['an unknown kind', { target: { Everybody: null } }, '#/target'],
    ['two kinds', { target: { All: null, Node: newId() } }, '#/target'],
    ['a host that is no id', { target: { Node: 'somebody' } }, '#/target/Node'],
    ['an unknown field', { target: { All: null }, colour: 'red' }, '#/colour'],
    ['a bad selector', { target: { Selector: { tools: 'docker' } } }, '#/target/Selector/tools'],
  ])('with %s it is refused, pointing at it', async (_, body, pointer) => {
    const answer = await fleet.call('POST', '/v1/edge/fleet/preview', { body });
    expect(answer.statusCode).toBe(400);
    const pointers: string[] = answer.json().errors.map((error: { pointer: string }) => error.pointer);
    expect(pointers.some((one) => one.startsWith(pointer))).toBe(true);
  });
});

describe('invoke', () => {
  test('streams fleet_started, output, results and the sums; ids are unique and the run is named in the header', async () => {
    const { ids, target } = await setup(3, said);
    const { answer, events } = await invoke({
      target,
      policy: { mode: 'Sequential', failure_policy: 'ContinueOnError' },
    });
    expect(answer.headers['content-type']).toBe('text/event-stream');
    const [started] = events;
    expect(started).toMatchObject({
      id: '0',
      event: 'fleet_started',
      data: { targets_resolved: ids, targets_skipped: [] },
    });
    expect(answer.headers['x-fleet-command-id']).toBe(started?.data.fleet_command_id);
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    for (const id of ids) {
      const own = events.filter((event) => event.data.node_id === id);
      const text = (stream: string) => own.map((event) => event.data.chunk?.[stream] ?? '').join('');
      expect([text('stdout'), text('stderr')]).toEqual(['grü', 'oh\ufffd']);
      expect(own.at(-1)).toMatchObject({
        event: 'command_result',
        data: { result: { ok: { exit_code: 0, duration_ms: 1 } } },
      });
      expect(new Set(own.map((event) => event.data.command_id)).size).toBe(1);
    }
    expect(events.at(-1)).toMatchObject({
      event: 'fleet_result',
      data: {
        fleet_command_id: started?.data.fleet_command_id,
        targets_resolved: ids,
        targets_skipped: [],
        summary: { ok: 3, err: 0, timed_out: 0, cancelled: 0, not_started: 0 },
      },
    });
  });

  test('a replay gives the same events with the same ids, from the beginning and after any of them', async () => {
    const { target } = await setup(3, said);
    const { events } = await invoke({ target });
    const runId = events[0]?.data.fleet_command_id;
    expect(await replay(runId)).toEqual(events);
    expect(await replay(runId.slice(2))).toEqual(events);
    for (const [place, event] of events.entries())
      expect(await replay(runId, event.id)).toEqual(events.slice(place + 1));
  });

  test('a client that has seen the last event and comes again is answered 204, so that an EventSource stops', async () => {
    const { target } = await setup(1);
    const { events } = await invoke({ target });
    const follow = (lastSeen: string) =>
      fleet.call('GET', `/v1/edge/fleet/runs/${events[0]?.data.fleet_command_id}/events`, {
        headers: { 'last-event-id': lastSeen },
      });
    expect((await follow(events.at(-2)?.id ?? '')).statusCode).toBe(200);
    expect(await follow(events.at(-1)?.id ?? '')).toMatchObject({ statusCode: 204, body: '' });
  });

  test('a halt is told before the result, ends what is in flight and starts nothing more; its replay too', async () => {
    const tag = `t${newId()}`;
    const seed = (name: string) => [{ name, tags: [tag] }];
    const [slow] = await fleet.connect(seed('a'), hangs);
    await fleet.connect(seed('b'), fails);
    await fleet.connect(seed('c'));
    const { events } = await invoke({
      target: { Selector: { tags: [{ Has: tag }] } },
      policy: { mode: { Rolling: { batch: 2 } }, failure_policy: { StopAfter: 1 } },
    });
    expect(events.slice(-2).map(({ event, data }) => [event, data.reason ?? data.summary])).toEqual([
      ['error', 'Halted'],
      ['fleet_result', { ok: 0, err: 1, timed_out: 0, cancelled: 1, not_started: 1 }],
    ]);
    const results = events.filter((event) => event.event === 'command_result').map((event) => event.data.result);
    expect(results).toHaveLength(2);
    expect(results).toContainEqual({ err: { code: 'nonzero_exit', message: '', exit_code: 5, duration_ms: 1 } });
    expect(slow?.cancelled).toHaveLength(1);
    const runId = events[0]?.data.fleet_command_id;
    const halted = events.at(-2);
    expect(halted?.id).toBe(`${events.at(-1)?.id}.1`);
    expect(await replay(runId, halted?.id)).toEqual(events.slice(-1));
    const detail = (await fleet.call('GET', `/v1/edge/fleet/runs/${runId}`)).json();
    expect(detail.outcome).toBe('halted');
    expect(detail.per_node.map((node: object) => ({ ...node, node_id: '', command_id: '' }))).toMatchObject([
      { outcome: 'cancelled' },
      { outcome: 'err', exit_code: 5 },
      { outcome: 'not_started', exit_code: null },
    ]);
    expect(detail.per_node[2].command_id).toBeNull();
  });

  test.each<[string, object]>([
    ['does not exist', { Node: newId() }],
    ['is not connected', { Node: 'away' }],
  ])('a host that %s is EdgeUnavailable and nothing runs', async (_, target) => {
    const [away] = await seedNodes(fleet.database.db, fleet.tenant, [{}]);
    const { events } = await invoke({ target: 'Node' in target && target.Node === 'away' ? { Node: away } : target });
    expect(events.map(({ event, data }) => [event, data.reason])).toEqual([
      ['fleet_started', undefined],
      ['error', 'EdgeUnavailable'],
      ['fleet_result', undefined],
    ]);
  });

  test('fewer hosts than the floor: RequireMinNotSatisfied, every target not started', async () => {
    const { target, nodes } = await setup(2);
    const { events } = await invoke({ target, policy: { require_min_targets: 3 } });
    expect(events.map((event) => event.event)).toEqual(['fleet_started', 'error', 'fleet_result']);
    expect(events[1]?.data).toMatchObject({
      reason: 'RequireMinNotSatisfied',
      message: expect.stringContaining('2 hosts'),
    });
    expect(events[2]?.data.summary).toEqual({ ok: 0, err: 0, timed_out: 0, cancelled: 0, not_started: 2 });
    expect(nodes.flatMap((node) => node.orders)).toEqual([]);
  });

  test('a selector that meets nobody ends at once, complete', async () => {
    const { events } = await invoke({ target: { Selector: { tags: [{ Has: 'nobody-has-it' }] } } });
    expect(events.map((event) => event.event)).toEqual(['fleet_started', 'fleet_result']);
  });

  test('who is not connected is skipped with the status as reason', async () => {
    const { tag, target } = await setup(1);
    const [away] = await seedNodes(fleet.database.db, fleet.tenant, [{ tags: [tag] }]);
    const { events } = await invoke({ target });
    const skipped = [{ node_id: `n-${away}`, reason: 'Disconnected' }];
    expect([events[0]?.data.targets_skipped, events.at(-1)?.data.targets_skipped]).toEqual([skipped, skipped]);
  });

  const call = { target: { Node: newId() }, tool: 'cmd.run', args: {} };
  test.each<[string, object, string]>([
    ['no target', { target: undefined }, '#/target'],
    ['an empty tool', { tool: '' }, '#/tool'],
    ['an unknown tool', { tool: 'no.such' }, '#/tool'],
    ['args that are a list', { args: [] }, '#/args'],
    ['args the tool does not take', { args: { bad: 1 } }, '#/args/bad'],
    ['an unknown field', { colour: 'red' }, '#/colour'],
    ['an unknown field in the policy', { policy: { colour: 'red' } }, '#/policy/colour'],
    ['an unknown mode', { policy: { mode: 'Sideways' } }, '#/policy/mode'],
    ['Rolling without a size', { policy: { mode: { Rolling: {} } } }, '#/policy/mode/Rolling'],
    ['a batch of 0', { policy: { mode: { Rolling: { batch: 0 } } } }, '#/policy/mode/Rolling/batch'],
    ['an unknown failure policy', { policy: { failure_policy: 'Hope' } }, '#/policy/failure_policy'],
    ['StopAfter 0', { policy: { failure_policy: { StopAfter: 0 } } }, '#/policy/failure_policy/StopAfter'],
    ['a concurrency of 0', { policy: { max_concurrency: 0 } }, '#/policy/max_concurrency'],
    ['a deadline of 0', { policy: { per_target_deadline_secs: 0 } }, '#/policy/per_target_deadline_secs'],
    ['a floor of -1', { policy: { require_min_targets: -1 } }, '#/policy/require_min_targets'],
  ])('with %s it is refused before any stream begins', async (_, change, pointer) => {
    const answer = await fleet.call('POST', '/v1/edge/fleet/invoke', { body: { ...call, ...change } });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'validation']);
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test('a group there is not is 404 before any stream begins', async () => {
    const answer = await fleet.call('POST', '/v1/edge/fleet/invoke', { body: { ...call, target: { Group: newId() } } });
    expect(answer.statusCode).toBe(404);
  });
});

describe('runs', () => {
  test('a run keeps its target and the policy with its defaults, and every node with its tails', async () => {
    const { ids, target } = await setup(2, said);
    const { events } = await invoke({ target });
    const detail = (await fleet.call('GET', `/v1/edge/fleet/runs/${events[0]?.data.fleet_command_id}`)).json();
    expect(detail).toMatchObject({
      tool: 'cmd.run',
      target,
      policy: {
        mode: 'Parallel',
        max_concurrency: null,
        failure_policy: 'FailFast',
        require_min_targets: null,
        per_target_deadline_secs: 3_600,
      },
      outcome: 'complete',
      summary: events.at(-1)?.data.summary,
      per_node: ids.map((node_id) => ({
        node_id,
        outcome: 'ok',
        exit_code: 0,
        stdout_tail: 'grü',
        stderr_tail: 'oh\ufffd',
      })),
    });
    expect(Date.parse(detail.ended_at)).toBeGreaterThanOrEqual(Date.parse(detail.started_at));
  });

  test('what a tool answers is in its event whole, and in the record of the run up to 4 KiB', async () => {
    const [small, large] = [{ load: [1, 2] }, { content: 'x'.repeat(200_000) }];
    const { target } = await setup(2, ({ executionId }, node) => {
      node.finish(executionId, 'ok', 0, node.nodeId === [...seen.add(node.nodeId)][0] ? small : large);
    });
    const seen = new Set<string>();
    const { events } = await invoke({ target, tool: 'host.facts', policy: { mode: 'Sequential' } });
    const told = events.filter(({ event }) => event === 'command_result').map(({ data }) => data.result.ok.result);
    expect(told).toEqual([small, large]);
    const [started] = events;
    const { per_node: nodes } = (
      await fleet.call('GET', `/v1/edge/fleet/runs/${started?.data.fleet_command_id}`)
    ).json();
    const bytes = JSON.stringify(large).length + 1; // PostgreSQL puts a space behind the colon
    expect(nodes.map((node: { result: unknown }) => node.result)).toEqual([small, { truncated: true, bytes }]);
  });

  test('a command that answers nothing has no result field', async () => {
    const { target } = await setup(1);
    const { events } = await invoke({ target });
    expect(events.find(({ event }) => event === 'command_result')?.data.result).toEqual({
      ok: { exit_code: 0, duration_ms: 1 },
    });
  });

  test.each([
    ['an hour where nothing is said', {}, 3_600],
    ['none where null is said', { per_target_deadline_secs: null }, null],
  ])('the deadline is %s', async (_, policy, expected) => {
    const { target } = await setup(1);
    const { events } = await invoke({ target, policy });
    const run = (await fleet.call('GET', `/v1/edge/fleet/runs/${events[0]?.data.fleet_command_id}`)).json();
    expect(run.policy.per_target_deadline_secs).toBe(expected);
  });

  test('a tool that only looks goes on after a failure, unless it is told otherwise', async () => {
    const { target } = await setup(1);
    const { events } = await invoke({ target, tool: 'host.facts' });
    const detail = (await fleet.call('GET', `/v1/edge/fleet/runs/${events[0]?.data.fleet_command_id}`)).json();
    expect(detail.policy.failure_policy).toBe('ContinueOnError');
  });

  test('the commands of a host are listed with it, newest first', async () => {
    const { ids, target } = await setup(1, said);
    const first = await invoke({ target });
    const second = await invoke({ target, tool: 'host.facts' });
    const { recent_commands: recent } = (await fleet.call('GET', `/v1/edge/hosts/${ids[0]}`)).json();
    expect(recent).toMatchObject([
      { command_id: second.events.at(-2)?.data.command_id, tool: 'host.facts', outcome: 'ok', duration_ms: 1 },
      { command_id: first.events.at(-2)?.data.command_id, tool: 'cmd.run', outcome: 'ok', duration_ms: 1 },
    ]);
  });

  test('the list is filtered by tool and outcome, newest first, and paged', async () => {
    const { target } = await setup(1);
    const made: string[] = [];
    for (const tool of ['host.facts', 'cmd.run', 'host.facts']) {
      made.unshift((await invoke({ target, tool })).events[0]?.data.fleet_command_id);
    }
    const list = async (query: string) => (await fleet.call('GET', `/v1/edge/fleet/runs?${query}`)).json();
    const ids = ({ items }: { items: { fleet_command_id: string }[] }) => items.map((run) => run.fleet_command_id);
    expect(ids(await list('limit=3'))).toEqual(made);
    expect(ids(await list('limit=2&tool=host.facts'))).toEqual([made[0], made[2]]);
    expect(ids(await list('tool=none.such'))).toEqual([]);
    const complete = await list('outcome=complete&limit=200');
    expect(ids(complete)).toEqual(expect.arrayContaining(made));
    expect(complete.items.every((run: { outcome: string }) => run.outcome === 'complete')).toBe(true);
    const first = await list('limit=1');
    const second = await list(`limit=1&cursor=${first.next_cursor}`);
    expect([...ids(first), ...ids(second)]).toEqual(made.slice(0, 2));
  });

  test('a list with a bad outcome or cursor is refused', async () => {
    for (const query of [
      'outcome=splendid',
      'cursor=!!',
      'limit=0',
      `cursor=${Buffer.from('["now","1"]').toString('base64url')}`,
    ]) {
      expect((await fleet.call('GET', `/v1/edge/fleet/runs?${query}`)).statusCode).toBe(400);
    }
  });

  test('cancelling ends every command on its host and counts; a run that is over has nothing left to cancel', async () => {
    const { nodes, target } = await setup(3, hangs);
    const invoked = invoke({ target, policy: { failure_policy: 'ContinueOnError', max_concurrency: 2 } });
    await expect.poll(() => nodes.flatMap((node) => [...node.running]).length).toBe(2);
    const [{ fleet_command_id: id }] = (await fleet.call('GET', '/v1/edge/fleet/runs?limit=1')).json().items;
    const running = (await fleet.call('GET', `/v1/edge/fleet/runs/${id}`)).json();
    expect([running.outcome, running.ended_at]).toEqual(['running', null]);
    const path = `/v1/edge/fleet/${id}/cancel`;
    expect((await fleet.call('POST', path)).json()).toEqual({
      fleet_command_id: id,
      cancelled: 2,
      already_terminal: 0,
    });
    const { events } = await invoked;
    expect(events.at(-1)?.data.summary).toEqual({ ok: 0, err: 0, timed_out: 0, cancelled: 2, not_started: 1 });
    expect(events.at(-2)?.data.result).toEqual({ cancelled: { reason: expect.any(String) } });
    expect((await fleet.call('GET', `/v1/edge/fleet/runs/${id}`)).json().outcome).toBe('cancelled');
    expect((await fleet.call('POST', path)).json()).toEqual({
      fleet_command_id: id,
      cancelled: 0,
      already_terminal: 3,
    });
  });

  test('a run of another surface is no fleet run: it is neither read, followed nor cancelled here', async () => {
    const { target } = await setup(1);
    const { events } = await invoke({ target });
    const id = events[0]?.data.fleet_command_id;
    await fleet.database.db.execute(sql`update runs set kind = 'command' where id = ${id.slice(2)}`);
    expect((await fleet.call('GET', `/v1/edge/fleet/runs/${id}`)).statusCode).toBe(404);
    expect((await fleet.call('GET', `/v1/edge/fleet/runs/${id}/events`)).statusCode).toBe(404);
    expect((await fleet.call('POST', `/v1/edge/fleet/${id}/cancel`)).statusCode).toBe(404);
  });

  test.each(['x', '-1', '1.0', '1.2.3', '99999999999999999'])(
    'the Last-Event-ID %s of another make is refused',
    async (id) => {
      const { target } = await setup(1);
      const { events } = await invoke({ target });
      const path = `/v1/edge/fleet/runs/${events[0]?.data.fleet_command_id}/events`;
      expect((await fleet.call('GET', path, { headers: { 'last-event-id': id } })).statusCode).toBe(400);
    },
  );
});
