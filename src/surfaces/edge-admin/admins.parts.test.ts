import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAssignments } from '#core/controllers/sharding-store.ts';
import { readAssignments } from '#core/controllers/sharding-topology.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { seedCluster, seedNodes } from '#test/support/seed-nodes.ts';
import { adminName } from './mapping/admins.ts';

let admin: EdgeAdminApp;
beforeEach(async () => {
  admin = await edgeAdminApp();
  await admin.database.db.execute(sql`update controllers set name = 'b', capacity = 10`);
});
afterEach(() => admin.close());

const read = async (what: string) => (await admin.call('GET', `/api/v1/admins/${what}`)).json().data;

async function addController(name: string, capacity: number, leaseMs = 60_000): Promise<ControllerId> {
  const id = newId<ControllerId>();
  await admin.database.db.execute(sql`
    insert into controllers (id, name, boot_id, version, capacity, started_at, lease_until)
    values (${id}, ${name}, ${newId()}, '1', ${capacity}, now(), ${new Date(Date.now() + leaseMs)})`);
  return id;
}

async function addCluster(nodes: number): Promise<{ name: string; ids: string[] }> {
  const { clusterId, clusterName } = await seedCluster(admin.database.db, admin.tenant.tenantId);
  const ids = await seedNodes(admin.database.db, admin.tenant, Array(nodes).fill({ clusterId }));
  return { name: `cluster-${clusterName}`, ids: ids.map((id) => `node-${id}`) };
}

test('an admin says who it is and what it has room for', async () => {
  await addController('a', 5);
  expect(await read('me')).toEqual({
    id: 'b',
    name: 'admin-b',
    max_wireguard_peers: 10,
    admin_peer_count: 1,
    edge_node_capacity: 9,
    erlang_node_name: 'admin@admin-b.admin-cluster-main.nm.internal',
    vpn_hostname: 'admin-b.admin-cluster-main.nm.internal',
    admin_cluster_name: 'admin-cluster-main',
    netmaker_host_id: admin.engine.controllerId,
    last_computed_at: expect.any(String),
  });
});

test('the admin cluster adds up, and the first by name is its weak leader', async () => {
  await addController('a', 5);
  await addController('dead', 100, -1_000);
  await addCluster(12);
  expect(await read('my_admin_cluster')).toMatchObject({
    name: 'admin-cluster-main',
    total_admins: 2,
    total_nodes: 12,
    total_edge_capacity: 13,
    degraded: false,
    weak_leader: 'admin-a',
    topology: [{ name: 'admin-a' }, { name: 'admin-b' }],
  });
  await addCluster(2);
  expect((await read('my_admin_cluster')).degraded).toBe(true);
});

test('the largest clusters are placed first, and what nobody has room for is orphaned', async () => {
  await addController('a', 5);
  const [large, small, tooLarge] = [await addCluster(8), await addCluster(3), await addCluster(10)];
  const edge = await read('edge_clusters');
  expect(edge['admin-b'][large.name].sort()).toEqual(large.ids.sort());
  expect(edge['admin-a'][small.name].sort()).toEqual(small.ids.sort());
  expect(await read('orphaned_clusters')).toEqual({ [tooLarge.name]: expect.arrayContaining(tooLarge.ids) });
});

test('the clusters of a controller whose lease has ended are with another at once, and the next pass writes it down', async () => {
  const { db } = admin.database;
  const dying = await addController('a', 100);
  const { name } = await addCluster(3);
  const pass = async () => writeAssignments(db, (await readAssignments(db, systemClock)).controllerOf);
  expect(await pass()).toBeGreaterThan(0);
  expect(await pass()).toBe(0);
  expect(Object.keys((await read('edge_clusters'))['admin-a'])).toContain(name);
  await db.execute(sql`update controllers set lease_until = now() - interval '1 second' where id = ${dying}`);
  expect(Object.keys(await read('edge_clusters'))).toEqual(['admin-b']);
  expect(await pass()).toBeGreaterThan(0);
  const rows = await db.query<{ controllerId: string }>(sql`
    select distinct controller_id as "controllerId" from clusters`);
  expect(rows).toEqual([{ controllerId: admin.engine.controllerId }]);
});

test('controllers that are gone stay listed with what became of them', async () => {
  await addController('crashed', 5, -1_000);
  const stopped = await addController('stopped', 5, -1_000);
  await admin.database.db.execute(sql`update controllers set stopped_at = now() where id = ${stopped}`);
  const [cluster] = await read('admin_clusters');
  expect(cluster).toMatchObject({ name: 'admin-cluster-main', ipv4_range: '100.127.255.0/24', admin_count: 3 });
  expect(cluster.admins.map(({ name, status }: { name: string; status: string }) => [name, status])).toEqual([
    ['admin-b', 'online'],
    ['admin-crashed', 'offline'],
    ['admin-stopped', 'disconnected'],
  ]);
});

test('the nodes of others are not counted in the figures of a tenant', async () => {
  await seedNodes(admin.database.db, admin.stranger, [{}, {}, {}]);
  expect(await read('my_admin_cluster')).toMatchObject({ total_nodes: 0 });
});

test('names of others are not shown in the views of a tenant', async () => {
  const other = await seedCluster(admin.database.db, admin.stranger.tenantId);
  expect(JSON.stringify(await read('edge_clusters'))).not.toContain(other.clusterName);
});

test('a controller’s name becomes a part of a host name, and two never the same', () => {
  expect(adminName({ name: 'db1' })).toBe('admin-db1');
  expect(adminName({ name: 'Db1.example.com' })).toMatch(/^admin-db1-example-com-[0-9a-f]{4}$/);
  expect(adminName({ name: 'a.b' })).not.toBe(adminName({ name: 'a-b' }));
  expect(adminName({ name: 'A-b' })).not.toBe(adminName({ name: 'a-b' }));
});
