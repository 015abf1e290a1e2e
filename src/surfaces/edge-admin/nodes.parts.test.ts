import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type NodeId, newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { seedCluster, seedController, seedNodes } from '#test/support/seed-nodes.ts';

let admin: EdgeAdminApp;
beforeAll(async () => {
  admin = await edgeAdminApp();
});
beforeEach(() => admin.database.db.execute(sql`update controllers set capacity = 10000`));
afterAll(() => admin.close());

test('a node shows what the contract says', async () => {
  const at = new Date('2026-11-01T10:00:00.900Z');
  const [id] = await seedNodes(admin.database.db, admin.tenant, [
    { idType: 'persistent', enrolledAt: at, lastSeenAt: at, version: '' },
  ]);
  await admin.database.db.execute(sql`
    update nodes set ports = '{"http": 7080, "ssh": 7022}', overlay_host_id = ${'0198e1b2-7f6a-7000-8000-0123456789ab'}
    where id = ${id}`);
  const { data } = (await admin.call('GET', `/api/v1/nodes/${id}`)).json();
  expect(data).toEqual({
    id,
    node_name: `node-${id}`,
    vpn_hostname: `node-${id}.cluster-${admin.tenant.clusterName}.nm.internal`,
    mdns_hostname: `node-${id}.local`,
    cluster_name: admin.tenant.clusterName,
    id_type: 'persistent',
    status: 'unreachable',
    version: null,
    self_update_enabled: false,
    http_port: 7080,
    ssh_port: 7022,
    ssh_host_keys: [],
    host_metrics_port: 0,
    wireguard_metrics_port: 0,
    http_proxy_port: 0,
    socks5_proxy_port: 0,
    api_token: expect.any(String),
    proxy_password: expect.any(String),
    netmaker_host_id: '0198e1b2-7f6a-7000-8000-0123456789ab',
    last_update: null,
    last_seen_at: '2026-11-01T10:00:00.900Z',
    inserted_at: '2026-11-01T10:00:00.900Z',
    updated_at: '2026-11-01T10:00:00.900Z',
  });
});

test('the status is the same word in the record, in the filter and in the cluster', async () => {
  const { db } = admin.database;
  const alive = await seedController(db, new Date(Date.now() + 60_000));
  const dead = await seedController(db, new Date(Date.now() - 1_000));
  const { clusterId, clusterName } = await seedCluster(db, admin.tenant.tenantId);
  const silent = new Date(Date.now() - 3_600_000);
  const ids = await seedNodes(db, admin.tenant, [
    { clusterId, controllerId: alive },
    { clusterId, controllerId: alive, isHealthy: false },
    { clusterId, controllerId: alive, openedAt: silent, lastSeenAt: silent, enrolledAt: silent },
    { clusterId, controllerId: dead },
    { clusterId },
    { clusterId, controllerId: alive, revokedAt: new Date() },
  ]);
  const expected = ['healthy', 'unhealthy', 'unhealthy', 'unreachable', 'unreachable', 'unreachable'];
  const cluster = (await admin.call('GET', `/api/v1/clusters/${clusterName}`)).json().data;
  for (const [index, status] of expected.entries()) {
    const id = ids[index];
    expect((await admin.call('GET', `/api/v1/nodes/${id}`)).json().data.status).toBe(status);
    expect(cluster.nodes.find((node: { id: string }) => node.id === id).status).toBe(status);
    const found = await admin.call('GET', `/api/v1/nodes?status=${status}&cluster_name=${clusterName}`);
    expect(found.json().data.map((node: { id: string }) => node.id)).toContain(id);
    expect(found.json().meta.pagination.total_count).toBe(expected.filter((one) => one === status).length);
  }
});

describe('another cluster', () => {
  const move = (id: NodeId | undefined, clusterName: string) =>
    admin.call('PATCH', `/api/v1/nodes/${id}/change_cluster`, { body: { cluster_name: clusterName } });

  test('changes the names, takes the aliases away, and tells of it', async () => {
    const { db } = admin.database;
    const { clusterName } = await seedCluster(db, admin.tenant.tenantId);
    const [id] = await seedNodes(db, admin.tenant, [{}]);
    await admin.call('POST', `/api/v1/nodes/${id}/aliases`, { body: { name: 'mover' } });
    const { data } = (await move(id, clusterName)).json();
    expect([data.cluster_name, data.vpn_hostname]).toEqual([
      clusterName,
      `node-${id}.cluster-${clusterName}.nm.internal`,
    ]);
    expect((await admin.call('GET', `/api/v1/aliases?node_id=${id}`)).json().data).toEqual([]);
    const [event] = await db.query<{ data: object }>(sql`
      select data from events where subject = ${id} and type = 'node.cluster_changed'`);
    expect(event?.data).toMatchObject({ clusterName, previousClusterName: admin.tenant.clusterName });
  });

  test('must exist, be another one, and have room', async () => {
    const { db } = admin.database;
    const { clusterName, clusterId } = await seedCluster(db, admin.tenant.tenantId, 1);
    const [id] = await seedNodes(db, admin.tenant, [{}]);
    await seedNodes(db, admin.tenant, [{ clusterId }]);
    const unknown = await move(id, 'nowhere');
    expect([unknown.statusCode, unknown.json().error.details]).toEqual([422, { cluster_name: ['not found'] }]);
    const same = await move(id, admin.tenant.clusterName);
    expect([same.statusCode, same.json().error.message]).toEqual([409, 'node is already in this cluster']);
    const full = await move(id, clusterName);
    expect([full.statusCode, full.json().error.message]).toEqual([409, 'cluster has reached its node limit of 1']);
    expect((await move(newId<NodeId>(), clusterName)).statusCode).toBe(404);
  });

  test('takes no more than its limit when many move there at once', async () => {
    const { db } = admin.database;
    const { clusterName } = await seedCluster(db, admin.tenant.tenantId, 5);
    const ids = await seedNodes(db, admin.tenant, Array(20).fill({}));
    const statuses = (await Promise.all(ids.map((id) => move(id, clusterName)))).map((answer) => answer.statusCode);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 409)).toHaveLength(15);
  });
});

test('a deleted node is gone with its aliases and its session, and what it had not finished is cancelled', async () => {
  const [node] = await admin.connect([{}], () => undefined);
  const id = node?.nodeId;
  await admin.call('POST', `/api/v1/nodes/${id}/aliases`, { body: { name: 'leaver' } });
  const targeting = { type: 'nodes', node_ids: [id] };
  const command = (
    await admin.call('POST', '/api/v1/commands', { body: { command_text: 'sleep 60', targeting } })
  ).json();
  expect((await admin.call('DELETE', `/api/v1/nodes/${id}`)).statusCode).toBe(204);
  expect((await admin.call('GET', `/api/v1/nodes/${id}`)).statusCode).toBe(404);
  expect((await admin.call('GET', '/api/v1/aliases?name=leaver')).json().data).toEqual([]);
  const executions = await admin.call('GET', `/api/v1/command_executions?command_id=${command.data.id}`);
  expect(executions.json().data).toMatchObject([{ node_id: null, status: 'cancelled' }]);
  expect(node?.isRevoked).toBe(true);
});

describe('in degraded mode', () => {
  test('nodes are neither moved nor deleted, unless somebody insists, which is audited', async () => {
    const { db } = admin.database;
    const [id] = await seedNodes(db, admin.tenant, [{}, {}]);
    await db.execute(sql`update controllers set capacity = 1`);
    const move = await admin.call('PATCH', `/api/v1/nodes/${id}/change_cluster`, { body: { cluster_name: 'any' } });
    expect([move.statusCode, move.json().error.code]).toEqual([503, 'degraded_mode']);
    expect((await admin.call('DELETE', `/api/v1/nodes/${id}`)).json().error.code).toBe('degraded_mode');
    expect((await admin.call('DELETE', `/api/v1/nodes/${id}?even_degraded=true`)).statusCode).toBe(204);
    expect(admin.audited.at(-1)).toMatchObject({ action: 'node.delete', object: id, facts: { evenDegraded: true } });
  });

  test('aliases and commands go on', async () => {
    const { db } = admin.database;
    const [id] = await seedNodes(db, admin.tenant, [{}]);
    await db.execute(sql`update controllers set capacity = 1`);
    const alias = await admin.call('POST', `/api/v1/nodes/${id}/aliases`, { body: { name: 'still' } });
    const targeting = { type: 'nodes', node_ids: [id] };
    const command = await admin.call('POST', '/api/v1/commands', { body: { command_text: 'true', targeting } });
    expect([alias.statusCode, command.statusCode]).toEqual([201, 201]);
  });
});

describe('aliases', () => {
  test('are unique in a cluster and free in another', async () => {
    const { db } = admin.database;
    const { clusterId } = await seedCluster(db, admin.tenant.tenantId);
    const [here, there] = await seedNodes(db, admin.tenant, [{}, { clusterId }]);
    const give = (id: NodeId | undefined) =>
      admin.call('POST', `/api/v1/nodes/${id}/aliases`, { body: { name: 'printer' } });
    expect((await give(here)).statusCode).toBe(201);
    const again = await give(here);
    expect([again.statusCode, again.json().error.message]).toEqual([409, 'name has already been taken']);
    expect((await give(there)).statusCode).toBe(201);
  });

  test('cannot be the id of a node', async () => {
    const [id] = await seedNodes(admin.database.db, admin.tenant, [{}]);
    const answer = await admin.call('POST', `/api/v1/nodes/${id}/aliases`, { body: { name: id } });
    expect([answer.statusCode, Object.keys(answer.json().error.details)]).toEqual([422, ['name']]);
  });

  test('need an address, and a full range has none', async () => {
    const cluster = await admin.call('POST', '/api/v1/clusters', {
      body: { name: 'tiny', ipv4_range: '198.18.0.0/30' },
    });
    const clusterId = cluster.json().data.id;
    const [id] = await seedNodes(admin.database.db, admin.tenant, [{ clusterId }]);
    const answer = await admin.call('POST', `/api/v1/nodes/${id}/aliases`, { body: { name: 'nowhere' } });
    expect([answer.statusCode, answer.json().error.code]).toEqual([409, 'conflict']);
  });
});
