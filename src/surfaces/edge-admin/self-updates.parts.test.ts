import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeAdminApp, edgeAdminApp, MASTER_KEY } from '#test/support/edge-admin-app.ts';
import { type Behaviour, FACTS, SimulatedNode } from '#test/support/engine.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

let admin: EdgeAdminApp;
beforeEach(async () => {
  admin = await edgeAdminApp();
});
afterEach(() => admin.close());

const PATH = '/api/v1/self_update_requests';
const accepts: Behaviour = (order, node) => node.start(order.executionId);
const refuses: Behaviour = ({ executionId }, node) =>
  node.session?.finished({
    executionId,
    outcome: 'failed',
    exitCode: null,
    durationMs: null,
    errorCode: 'no_release',
    errorMessage: 'no release has been published',
    stdoutBytes: 0,
    stderrBytes: 0,
    isTruncated: false,
    result: null,
  });
const staysSilent: Behaviour = () => {};

/** A healthy node that lets itself be updated. */
async function connect(behaviour: Behaviour, facts: Partial<typeof FACTS> = { isSelfUpdateEnabled: true }) {
  const [id] = await seedNodes(admin.database.db, admin.tenant, [{}]);
  const node = new SimulatedNode(id as NonNullable<typeof id>, behaviour); // one seed, one node
  await node.connect(admin.engine, { ...FACTS, ...facts });
  return node;
}

async function request(targeting: object = { type: 'all' }, more: object = {}) {
  const answer = await admin.call('POST', PATH, { body: { targeting, ...more } });
  expect([answer.statusCode, answer.json().error]).toEqual([201, undefined]);
  return answer.json().data;
}

async function find(id: string) {
  return (await admin.call('GET', `${PATH}/${id}`)).json().data;
}

/** Looks, as the pass of a controller would, until the request is as wanted. */
async function until(id: string, status: string) {
  const look = async () => {
    await admin.engine.updates.tell();
    return (await find(id)).status;
  };
  await expect.poll(look, { timeout: 20_000, interval: 20 }).toBe(status);
  return await find(id);
}

async function eventsOf(type: string) {
  return await admin.database.db.query<{ subject: string; data: Record<string, unknown> }>(
    sql`select subject, data from events where type = ${type} order by created_at, id`,
  );
}

describe('a request', () => {
  test('that means nobody is completed with a summary of nothing', async () => {
    const made = await request({ type: 'all', node_filters: { version: 'no-such' } });
    expect(made).toMatchObject({ status: 'pending', summary: null, failures: [] });
    const { summary, targeting } = await until(made.id, 'completed');
    expect(summary).toEqual({ total: 0, triggered: 0, failed: 0 });
    expect(targeting).toEqual({
      type: 'all',
      node_filters: { status: 'healthy', self_update_enabled: true, version: 'no-such' },
    });
  });

  test('reaches healthy nodes that let themselves be updated, and nobody else', async () => {
    const willing = await connect(accepts);
    const unwilling = await connect(accepts, {});
    const unwell = await connect(accepts);
    await admin.database.db.execute(sql`update nodes set is_healthy = false where id = ${unwell.nodeId}`);
    await seedNodes(admin.database.db, admin.tenant, [{ isSelfUpdateEnabled: true }]);
    const { id } = await request();
    const done = await until(id, 'completed');
    expect(done.summary).toEqual({ total: 1, triggered: 1, failed: 0 });
    expect([willing, unwilling, unwell].map((node) => node.orders.map(({ tool }) => tool))).toEqual([
      ['self.update'],
      [],
      [],
    ]);
    for (const node_filters of [{ status: 'unhealthy' }, { self_update_enabled: false }]) {
      const other = await request({ type: 'all', node_filters });
      expect((await until(other.id, 'completed')).summary.total).toBe(0);
    }
  });

  test('is processing while nodes are asked, then completed by acceptance, and tells of both', async () => {
    const [taking, silent, refusing] = [await connect(accepts), await connect(staysSilent), await connect(refuses)];
    const { id } = await request();
    const between = await until(id, 'processing');
    expect(between.summary).toBeNull();
    await expect.poll(() => silent.orders.length).toBe(1); // others may have been asked before it
    silent.start(silent.orders[0]?.executionId as never);
    const done = await until(id, 'completed');
    expect(done.summary).toEqual({ total: 3, triggered: 2, failed: 1 });
    expect(done.failures).toEqual([
      {
        node_id: refusing.nodeId,
        node_name: expect.any(String),
        code: 'no_release',
        message: 'no release has been published',
      },
    ]);
    await admin.engine.updates.tell();
    const triggered = await eventsOf('node.update_triggered');
    expect(triggered.map(({ subject }) => subject).toSorted()).toEqual([taking.nodeId, silent.nodeId].toSorted());
    expect(triggered[0]?.data).toMatchObject({ selfUpdateRequestId: id, isSelfUpdateEnabled: true, version: '0' });
    expect(await eventsOf('self_update_request.completed')).toEqual([
      {
        subject: id,
        data: expect.objectContaining({
          selfUpdateRequestId: id,
          summary: { total: 3, triggered: 2, failed: 1 },
        }),
      },
    ]);
    expect(
      (await admin.call('GET', '/api/v1/admins/me/metrics', { as: MASTER_KEY })).json().data?.self_updates,
    ).toEqual({
      completed_total: 1,
    });
  });

  test('stays while nodes are asked or still at it: 409', async () => {
    const node = await connect(staysSilent);
    const { id } = await request();
    await until(id, 'processing');
    const early = await admin.call('DELETE', `${PATH}/${id}`);
    expect([early.statusCode, early.json().error.message]).toEqual([
      409,
      "cannot delete self-update request with status 'processing' - only completed ones can be deleted",
    ]);
    await expect.poll(() => node.orders.length).toBeGreaterThan(0);
    const executionId = node.orders[0]?.executionId as never;
    node.start(executionId);
    await until(id, 'completed');
    expect((await admin.call('DELETE', `${PATH}/${id}`)).statusCode).toBe(409);
    node.finish(executionId, 'ok');
    await expect
      .poll(async () => (await admin.call('DELETE', `${PATH}/${id}`)).statusCode, { timeout: 20_000 })
      .toBe(204);
    expect((await admin.call('GET', `${PATH}/${id}`)).statusCode).toBe(404);
  });
});

describe('in waves', () => {
  const ordered = (nodes: readonly SimulatedNode[]) => nodes.filter(({ orders }) => orders.length > 0);

  test('the next begins when the one before has ended well', async () => {
    const nodes = [await connect(accepts), await connect(accepts)];
    const { id } = await request({ type: 'all' }, { waves: { batch: 1 } });
    await until(id, 'processing');
    const [first] = ordered(nodes);
    await expect.poll(() => ordered(nodes).length, { timeout: 20_000 }).toBe(1);
    first?.finish(first.orders[0]?.executionId as never, 'ok'); // it has one by now
    expect((await until(id, 'completed')).summary).toEqual({ total: 2, triggered: 2, failed: 0 });
    expect(ordered(nodes)).toHaveLength(2);
  });

  test('none begins once as many have failed as are too many, and the request says why', async () => {
    const nodes = [await connect(refuses), await connect(refuses), await connect(refuses)];
    const { id } = await request({ type: 'all' }, { waves: { batch: 1, stop_after: 2 } });
    const done = await until(id, 'completed');
    expect([done.summary, ordered(nodes).length]).toEqual([{ total: 3, triggered: 0, failed: 3 }, 2]);
    expect(
      done.failures.map(({ code }: { code: string }) => code).filter((code: string) => code === 'no_release'),
    ).toHaveLength(2);
  });

  test('a canary goes first, a wave rests, and the next waits for healthy nodes', async () => {
    const nodes = [await connect(accepts), await connect(accepts), await connect(accepts)];
    const waves = { batch: 2, canary_percent: 1, soak_seconds: 1, health_gate: true };
    const made = await request({ type: 'all' }, { waves });
    expect(made).toMatchObject({ version: null, waves: { ...waves, stop_after: 1, within_seconds: 86_400 } });
    await until(made.id, 'processing');
    const [canary] = ordered(nodes) as [SimulatedNode];
    expect(ordered(nodes)).toEqual([canary]);
    await admin.database.db.execute(sql`update nodes set is_healthy = false where id = ${canary.nodeId}`);
    canary.finish(canary.orders[0]?.executionId as never, 'ok'); // it has one by now
    await restedFor(made.id, 1_300);
    expect(ordered(nodes)).toEqual([canary]);
    await admin.database.db.execute(sql`update nodes set is_healthy = true where id = ${canary.nodeId}`);
    await expect.poll(() => ordered(nodes).length, { timeout: 20_000 }).toBe(3);
    expect((await find(made.id)).waves).toEqual(made.waves);
  });

  test('a node that never takes the order on does not hold its wave for ever', async () => {
    const nodes = [await connect(staysSilent), await connect(staysSilent)];
    const { id } = await request({ type: 'all' }, { waves: { batch: 1, stop_after: 2 } });
    const done = await until(id, 'completed');
    expect([done.summary, ordered(nodes).length]).toEqual([{ total: 2, triggered: 0, failed: 2 }, 2]);
    expect(done.failures[0]).toMatchObject({ code: 'expired', message: expect.stringContaining('accept the order') });
  });

  /** Until so many milliseconds have passed since the last end, by the database's clock. */
  const restedFor = (id: string, milliseconds: number) =>
    expect
      .poll(
        () =>
          admin.database.db.query(sql`
            select 1 from executions where run_id = ${id} and finished_at < now() - make_interval(secs => ${milliseconds / 1000})`),
        { timeout: 20_000 },
      )
      .toHaveLength(1);

  test.each([
    [{}],
    [{ batch: 0 }],
    [{ batch: 1, canary_percent: 101 }],
    [{ batch: 1, soak_seconds: -1 }],
    [{ batch: 1, stop_after: 0 }],
    [{ batch: 1, within_seconds: 1 }],
    [{ batch: 1, canary: 5 }],
  ])('%j are refused', async (waves) => {
    const answer = await admin.call('POST', PATH, { body: { targeting: { type: 'all' }, waves } });
    expect([400, 422]).toContain(answer.statusCode);
  });
});

test('a node tells what became of its last update, and a request how its nodes stand', async () => {
  const [refusing, taking] = [await connect(refuses), await connect(accepts)];
  const lastUpdate = async ({ nodeId }: SimulatedNode) =>
    (await admin.call('GET', `/api/v1/nodes/${nodeId}`)).json().data.last_update;
  expect(await lastUpdate(taking)).toBeNull();
  const { id } = await request();
  await until(id, 'completed');
  const why = { code: 'no_release', message: 'no release has been published' };
  expect(await lastUpdate(refusing)).toMatchObject({ request_id: id, version: null, state: 'failed', ...why });
  expect(await lastUpdate(taking)).toMatchObject({ state: 'under_way', code: null, message: null });
  expect((await find(id)).progress).toEqual({ waiting: 0, under_way: 1, updated: 0, failed: 1 });
  taking.finish(taking.orders[0]?.executionId as never, 'ok', 0, { version: '9.1.0' }); // it has one by now
  await expect
    .poll(() => lastUpdate(taking), { timeout: 20_000 })
    .toMatchObject({ state: 'updated', version: '9.1.0' });
});

test('a node tells what became of its last update when the request is deleted, until there is a newer one', async () => {
  const node = await connect(refuses);
  const lastUpdate = async () => (await admin.call('GET', `/api/v1/nodes/${node.nodeId}`)).json().data.last_update;
  const older = await request();
  await until(older.id, 'completed');
  const newer = await request();
  await until(newer.id, 'completed');
  const told = await lastUpdate();
  expect(told).toMatchObject({ request_id: newer.id, state: 'failed', code: 'no_release' });
  for (const { id } of [newer, older]) expect((await admin.call('DELETE', `${PATH}/${id}`)).statusCode).toBe(204);
  expect(await lastUpdate()).toEqual(told);
  const newest = await request();
  await until(newest.id, 'completed');
  expect(await lastUpdate()).toMatchObject({ request_id: newest.id });
});

test('a version that nobody has published is refused by name', async () => {
  const answer = await admin.call('POST', PATH, { body: { targeting: { type: 'all' }, version: '9.9.9' } });
  expect([answer.statusCode, JSON.stringify(answer.json())]).toEqual([422, expect.stringContaining('version')]);
});

test('with more nodes than capacity nobody is asked: 503', async () => {
  await admin.database.db.execute(sql`update controllers set capacity = 0`);
  await connect(accepts);
  const answer = await admin.call('POST', PATH, { body: { targeting: { type: 'all' } } });
  expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'degraded_mode']);
});

test('the list filters by status and orders by it', async () => {
  const [first, second] = [await request(), await request()];
  await until(first.id, 'completed');
  await until(second.id, 'completed');
  await connect(staysSilent);
  const third = await request();
  await until(third.id, 'processing');
  const ids = async (query: string) =>
    (await admin.call('GET', `${PATH}?${query}`)).json().data.map(({ id }: { id: string }) => id);
  expect(await ids('status=completed&order_by=inserted_at')).toEqual([first.id, second.id]);
  expect(await ids('status=processing')).toEqual([third.id]);
  expect(await ids('order_by=status,inserted_at&order_directions=desc,asc')).toEqual([third.id, first.id, second.id]);
  expect((await admin.call('GET', `${PATH}?status=failed`)).statusCode).toBe(400);
});
