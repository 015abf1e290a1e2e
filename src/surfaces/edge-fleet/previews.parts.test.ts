import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';
import type { Behaviour } from '#test/support/engine.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(async () => {
  await fleet.close();
  expect(fleet.engine.errors).toEqual([]);
});

const works: Behaviour = ({ executionId }, node) => node.finish(executionId, 'ok');
const fails: Behaviour = ({ executionId }, node) => node.finish(executionId, 'failed', 5);
const hangs: Behaviour = ({ executionId }, node) => node.start(executionId);

async function setup(names: readonly string[], behaviour: Behaviour = works) {
  const tag = `t${newId()}`;
  const nodes = await fleet.connect(
    names.map((name) => ({ name, tags: [tag] })),
    behaviour,
  );
  const order = { on: `tags=${tag}`, command: ['uptime'] };
  return { tag, order, ids: nodes.map(({ nodeId }) => `n-${nodeId}`) };
}

const preview = (body: object, options = {}) => fleet.call('POST', '/v1/previews', { body, ...options });
const start = (pin: string, options = {}) => fleet.call('POST', '/v1/runs', { body: { pin }, ...options });
const invoke = (target: object) =>
  fleet.call('POST', '/v1/edge/fleet/invoke', { body: { target, tool: 'cmd.run', args: { command: 'false' } } });

async function runsOf(tag: string): Promise<number> {
  const rows = await fleet.database.db.query(sql`select from runs where position(${tag} in view::text) > 0`);
  return rows.length;
}

describe('a preview', () => {
  test('says who would run and who would not, what failed there last and what else runs, and starts nothing', async () => {
    const { tag, order, ids } = await setup(['a', 'b'], fails);
    const [away] = await seedNodes(fleet.database.db, fleet.tenant, [{ name: 'away', tags: [tag] }]);
    await invoke({ Node: ids[0] });
    const answer = await preview(order);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      pin: expect.stringMatching(/^pin_/),
      tool: 'cmd.run',
      command: 'uptime',
      is_read_only: false,
      target: { Selector: { tags: [{ Has: tag }] } },
      target_count: 2,
      targets: [{ name: 'a' }, { name: 'b' }],
      skipped_count: 1,
      skipped: [{ node_id: `n-${away}`, name: 'away', reason: 'Disconnected' }],
      is_below_floor: false,
      last_failures: [{ node_id: ids[0], name: 'a', tool: 'cmd.run', exit_code: 5 }],
      also_running: [],
    });
    expect(await runsOf(tag)).toBe(0);
  });

  test('says what has not ended on the targets', async () => {
    const { order, ids } = await setup(['busy'], hangs);
    const running = fleet.call('POST', '/v1/runs', { body: { pin: (await preview(order)).json().pin } });
    expect((await running).statusCode).toBe(201);
    const { also_running } = (await preview({ on: { Hosts: ids }, command: ['true'] })).json();
    expect(also_running).toMatchObject([{ tool: 'cmd.run', command: 'uptime', caller: 'tester', host_count: 1 }]);
    await fleet.call('POST', `/v1/edge/fleet/${also_running[0].run_id}/cancel`, { body: {} });
  });

  test.each([
    ['nothing to run', {}],
    ['two things', { command: 'true', tool: 'cmd.run' }],
    ['a target that cannot be read', { on: 'a,!', command: 'true' }],
    ['a file, which is elsewhere', { on: '@file:hosts', command: 'true' }],
    ['arguments the tool does not take', { tool: 'cmd.run', args: { bad: 1 } }],
  ])('is refused for %s', async (_, order) => {
    expect((await preview({ on: 'all', ...order })).statusCode).toBe(400);
  });
});

describe('a targeting as commands of Edge Admin have it', () => {
  const bare = (ids: readonly string[]) => ids.map((id) => id.slice(2));

  test('says where as well, and is what the run shows and repeats', async () => {
    const { ids } = await setup(['a', 'b', 'c']);
    const node_ids = bare(ids).slice(0, 2);
    const targeting = { type: 'nodes', node_ids, node_filters: { inserted_at__gte: '2020-01-01' } };
    const answer = await preview({ targeting, command: ['uptime'] });
    expect(answer.json()).toMatchObject({ target: { Targeting: targeting }, targets: [{ name: 'a' }, { name: 'b' }] });
    const { fleet_command_id: run } = (await start(answer.json().pin)).json();
    const shown = () => fleet.call('GET', `/v1/edge/fleet/runs/${run}`);
    await vi.waitFor(async () => expect((await shown()).json().outcome).toBe('complete'), { timeout: 20_000 });
    expect((await shown()).json()).toMatchObject({ target: { Targeting: targeting }, target_count: 2 });
    const again = await fleet.call('POST', `/v1/edge/fleet/runs/${run}/rerun`, { body: {} });
    const repeated = await fleet.call('GET', `/v1/edge/fleet/runs/${again.headers['x-fleet-command-id']}`);
    expect(repeated.json()).toMatchObject({ target: { Targeting: targeting }, target_count: 2 });
  });

  test('is resolved again when the pin is used, its dates included', async () => {
    const { ids } = await setup(['a', 'b']);
    const atLatest = new Date(Date.now() + 3_600_000).toISOString();
    const targeting = { type: 'nodes', node_ids: bare(ids), node_filters: { inserted_at__lte: atLatest } };
    const { pin } = (await preview({ targeting, command: ['uptime'] })).json();
    await fleet.database.db.execute(
      sql`update nodes set enrolled_at = now() + interval '2 hours' where id = ${bare(ids)[0] ?? ''}`,
    );
    const changed = await start(pin);
    expect(changed.json()).toMatchObject({ code: 'target_changed', went: [{ name: 'a' }], came: [] });
    expect((await start(changed.json().preview.pin)).json()).toMatchObject({ target_count: 1 });
  });

  test.each([
    [400, 'no nodes', { type: 'nodes' }],
    [400, 'a date that is none', { type: 'all', node_filters: { inserted_at__gte: '2020-02-30' } }],
    [400, 'a filter there is not', { type: 'all', node_filters: { colour: 'red' } }],
    [404, 'a node of nobody', { type: 'nodes', node_ids: [newId()] }],
    [404, 'a cluster of nobody', { type: 'clusters', cluster_names: ['nowhere'] }],
  ])('is refused with %i for %s', async (status, _, targeting) => {
    expect((await preview({ targeting, command: 'true' })).statusCode).toBe(status);
  });

  test('and a target beside it are one too many', async () => {
    expect((await preview({ on: 'all', targeting: { type: 'all' }, command: 'true' })).statusCode).toBe(400);
    expect((await preview({ command: 'true' })).statusCode).toBe(400);
  });
});

describe('a pin', () => {
  test('starts one run, and the same again to whoever repeats it or comes at the same time', async () => {
    const { tag, order } = await setup(['a', 'b']);
    const { pin } = (await preview(order)).json();
    const answers = await Promise.all(Array.from({ length: 6 }, () => start(pin)));
    answers.push(await start(pin));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(7).fill(201));
    expect(new Set(answers.map((answer) => answer.json().fleet_command_id)).size).toBe(1);
    expect(answers.filter((answer) => !answer.json().is_repeated)).toHaveLength(1);
    expect(await runsOf(tag)).toBe(1);
  });

  test('starts nothing when others are meant by now, says who came and went, and gives a new pin', async () => {
    const { tag, order, ids } = await setup(['a', 'b']);
    const { pin } = (await preview(order)).json();
    await fleet.call('PATCH', `/v1/edge/hosts/${ids[0]}`, { body: { tags: [] } });
    const [come] = await fleet.connect([{ name: 'c', tags: [tag] }], works);
    const changed = await start(pin);
    expect(changed.statusCode).toBe(409);
    expect(changed.headers['content-type']).toContain('application/problem+json');
    expect(changed.json()).toMatchObject({
      code: 'target_changed',
      came: [{ node_id: `n-${come?.nodeId}`, name: 'c' }],
      went: [{ node_id: ids[0], name: 'a' }],
      preview: { target_count: 2, targets: [{ name: 'b' }, { name: 'c' }] },
    });
    expect(await runsOf(tag)).toBe(0);
    expect((await start(changed.json().preview.pin)).statusCode).toBe(201);
  });

  test('of somebody else is unknown, as is any other text', async () => {
    const { order } = await setup(['a']);
    const { pin } = (await preview(order)).json();
    const unknown = await start(pin, { as: fleet.stranger });
    expect(unknown.statusCode).toBe(404);
    for (const text of [`${pin.slice(0, -2)}AA`, `${pin}A`, 'pin_', 'x'])
      expect((await start(text)).statusCode).toBe(404);
    expect((await start(pin)).statusCode).toBe(201);
  });

  test('holds a long script and many arguments in a row, sealed', async () => {
    const { order } = await setup(['a']);
    const stdin = 'secret'.repeat(1_000);
    const { pin } = (await preview({ ...order, args: { stdin } })).json();
    expect(pin.length).toBeLessThan(400);
    const [row] = await fleet.database.db.query<{ sealed: Buffer }>(
      sql`select sealed from kept_pins where subject = ${`tester-${fleet.tenant.slug}`} order by id desc limit 1`,
    );
    expect(row?.sealed.includes('secretsecret')).toBe(false);
    expect((await start(pin)).statusCode).toBe(201);
  });

  test('needs the scope of orders, for making and for using it', async () => {
    const scopes = ['aegis.edge.fleet.read'];
    expect((await preview({ on: 'all', command: ['true'] }, { scopes })).statusCode).toBe(403);
    expect((await start('pin_x', { scopes })).statusCode).toBe(403);
  });
});
