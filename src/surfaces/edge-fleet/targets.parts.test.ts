import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { type EdgeFleetApp, edgeFleetApp, readEvents } from '#test/support/edge-fleet-app.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

let fleet: EdgeFleetApp;
/** The arguments that nodes were given, by node. */
const orders = new Map<string, string[]>();
const ids: Record<string, string> = {};
beforeAll(async () => {
  fleet = await edgeFleetApp();
  const seeds = ['web-1', 'web-2', 'web-10', 'db-1'].map((name) => ({ name, tags: [name.slice(0, 2)] }));
  const nodes = await fleet.connect(seeds, ({ executionId, argsJson }, node) => {
    orders.set(node.nodeId, [...(orders.get(node.nodeId) ?? []), argsJson]);
    const isBad = node.nodeId === ids['web-2'];
    node.finish(executionId, isBad ? 'failed' : 'ok', isBad ? 3 : 0);
  });
  seeds.forEach(({ name }, at) => {
    ids[name] = nodes[at]?.nodeId ?? '';
  });
});
afterAll(async () => {
  await fleet.close();
  expect(fleet.engine.errors).toEqual([]);
});

async function preview(target: object) {
  const answer = await fleet.call('POST', '/v1/edge/fleet/preview', { body: { target } });
  if (answer.statusCode !== 200) return [answer.statusCode, answer.json().detail];
  return answer.json().resolved.map((one: { name: string }) => one.name);
}

async function stream(path: string, body: object) {
  const answer = await fleet.call('POST', path, { body });
  return { status: answer.statusCode, body: answer.body, events: readEvents(answer.body) };
}

const invoke = (body: object) => stream('/v1/edge/fleet/invoke', { tool: 'cmd.run', ...body });

describe('hosts by name, clusters, and sets put together', () => {
  test.each<[string, object, readonly string[]]>([
    ['names', { Hosts: ['web-1', 'db-1'] }, ['db-1', 'web-1']],
    ['a wildcard', { Hosts: ['web-*'] }, ['web-1', 'web-10', 'web-2']],
    ['a wildcard that matches nothing', { Hosts: ['mail-*'] }, []],
    ['all but one', { Steps: [{ Add: { All: null } }, { Remove: { Hosts: ['web-10'] } }] }, ['db-1', 'web-1', 'web-2']],
    [
      'from left to right',
      {
        Steps: [
          { Add: { Hosts: ['web-1', 'web-2'] } },
          { Keep: { Selector: { tags: [{ Has: 'we' }] } } },
          { Remove: { Hosts: ['web-2', 'unknown'] } },
          { Add: { Hosts: ['db-1'] } },
        ],
      },
      ['db-1', 'web-1'],
    ],
    ['nobody without an Add', { Steps: [{ Keep: { All: null } }] }, []],
  ])('%s', async (_, target, names) => {
    expect(await preview(target)).toEqual(names);
  });

  test('ids of either form, and the cluster', async () => {
    expect(await preview({ Hosts: [`n-${ids['web-1']}`, ids['db-1']] })).toEqual(['db-1', 'web-1']);
    expect(await preview({ Cluster: fleet.tenant.clusterName })).toHaveLength(4);
    expect(await preview({ Cluster: '*' })).toHaveLength(4);
  });

  test.each<[string, object, string]>([
    ['a host', { Hosts: ['web-1', 'web-3', 'web-4'] }, 'there is no host called web-3, web-4'],
    ['a cluster', { Cluster: 'nowhere' }, 'there is no cluster called nowhere'],
    ['an id', { Hosts: ['0190a5c0-0000-7000-8000-000000000000'] }, '0190a5c0-0000-7000-8000-000000000000'],
  ])('%s there is not is named, and nothing runs on the others', async (_, target, problem) => {
    expect(await preview(target)).toEqual([404, expect.stringContaining(problem)]);
    expect(await invoke({ target })).toMatchObject({ status: 404, body: expect.stringContaining(problem) });
  });

  test('hosts of another tenant are as unknown as those there are not', async () => {
    await seedNodes(fleet.database.db, fleet.stranger, [{ name: 'theirs' }]);
    expect(await preview({ Hosts: ['theirs'] })).toEqual([404, 'there is no host called theirs']);
    expect(await preview({ Cluster: fleet.stranger.clusterName })).toEqual([404, expect.stringContaining('cluster')]);
  });

  test('together no more hosts than one list may have', async () => {
    const step = { Add: { Hosts: Array.from({ length: 6_000 }, (_, at) => `h${at}`) } };
    expect(await preview({ Steps: [step, step] })).toEqual([400, expect.stringContaining('12000 hosts')]);
  });

  test('the run tells its target as it was written', async () => {
    const target = { Steps: [{ Add: { Hosts: ['web-*'] } }, { Remove: { Hosts: ['web-10'] } }] };
    const { events } = await invoke({ target });
    const run = await fleet.call('GET', `/v1/edge/fleet/runs/${events[0]?.data.fleet_command_id}`);
    expect(run.json()).toMatchObject({ target, summary: { ok: 1, err: 1 } });
  });
});

test('hosts are listed by name and by wildcard', async () => {
  const names = async (query: string) =>
    (await fleet.call('GET', `/v1/edge/hosts?${query}`)).json().items.map((one: { name: string }) => one.name);
  expect(await names('name=web-1')).toEqual(['web-1']);
  expect(await names('name=web-1*&name=db-*')).toEqual(['db-1', 'web-1', 'web-10']);
});

test('waves of a share of the targets, rounded up', async () => {
  const { events } = await invoke({ target: { All: null }, policy: { mode: { Rolling: { percent: 30 } } } });
  const run = await fleet.call('GET', `/v1/edge/fleet/runs/${events[0]?.data.fleet_command_id}`);
  expect(run.json().policy.mode).toEqual({ Rolling: { batch: 2 } });
});

test('a floor of more than the one host that is named is a floor', async () => {
  const { events } = await invoke({ target: { Node: ids['web-1'] }, policy: { require_min_targets: 2 } });
  expect(events[1]).toMatchObject({ event: 'error', data: { reason: 'RequireMinNotSatisfied' } });
});

describe('the order of a run once more', () => {
  const rerun = (run: string, body: object = {}) => stream(`/v1/edge/fleet/runs/${run}/rerun`, body);

  test('on exactly the hosts that failed or were left out, with its secrets', async () => {
    const [away] = await seedNodes(fleet.database.db, fleet.tenant, [{ name: 'away', tags: ['we'] }]);
    const first = await invoke({
      target: { Selector: { tags: [{ Has: 'we' }] } },
      args: { stdin: 'a secret' },
      policy: { failure_policy: 'ContinueOnError', require_min_targets: 3 },
    });
    const again = await rerun(first.events[0]?.data.fleet_command_id, { only: 'failed' });
    expect(again.events[0]?.data).toMatchObject({
      targets_resolved: [`n-${ids['web-2']}`],
      targets_skipped: [{ node_id: `n-${away}`, reason: 'Disconnected' }],
    });
    const id = again.events[0]?.data.fleet_command_id;
    const run = (await fleet.call('GET', `/v1/edge/fleet/runs/${id}`)).json();
    expect(run).toMatchObject({ args: { stdin: '[redacted]' }, policy: { require_min_targets: null } });
    expect(
      orders
        .get(ids['web-2'] ?? '')
        ?.map((order) => JSON.parse(order).stdin)
        .slice(-2),
    ).toEqual(['a secret', 'a secret']);
  });

  test('on the whole target when nothing else is said', async () => {
    const first = await invoke({ target: { Hosts: ['web-1', 'db-1'] } });
    const again = await rerun(first.events[0]?.data.fleet_command_id);
    expect(again.events[0]?.data.targets_resolved).toEqual(first.events[0]?.data.targets_resolved);
  });

  test('not when it ended well everywhere, and not one there is not', async () => {
    const first = await invoke({ target: { Hosts: ['web-1'] } });
    const { status, body } = await rerun(first.events[0]?.data.fleet_command_id, { only: 'failed' });
    expect([status, body]).toEqual([409, expect.stringContaining('ended well on every node')]);
    expect(await rerun(newId(), {})).toMatchObject({ status: 404 });
  });
});
