import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '#core/kernel/context.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import type { ListRequest } from '#core/lists/list-request.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type SeededTenant, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { createCluster } from './create-cluster.ts';
import { ensureDefaultCluster } from './ensure-default-cluster.ts';
import { getCluster, listClusters } from './get-cluster.ts';
import { homeCluster } from './home-cluster.ts';
import { ensureOverlayAddress } from './overlay-address.ts';
import { deleteCluster, updateCluster } from './update-cluster.ts';

const NEWEST: ListRequest = {
  conditions: [],
  order: [{ field: 'createdAt', direction: 'desc' }],
  page: 1,
  pageSize: 20,
};

let database: TestDatabase;
let tenant: SeededTenant;
let ctx: Context;

beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
  await seedController(database.db, new Date(Date.now() + 60_000));
  ctx = contextOf(tenant);
});

afterEach(() => database.close());

function create(name: string, ipv4Range: string | null = null, nodeLimit: number | null = null) {
  return createCluster(ctx, { db: database.db }, { name, ipv4Range, nodeLimit });
}

const reading = () => ({ db: database.db, presence: { staleAfterMs: STALE_AFTER_MS } });

describe('a range nobody asked for', () => {
  test('is the lowest free /24, also after one has become free', async () => {
    const ranges = [];
    for (const name of ['a', 'b', 'c']) ranges.push((await create(name)).ipv4Range);
    expect(ranges).toEqual(['100.64.1.0/24', '100.64.2.0/24', '100.64.3.0/24']);
    await deleteCluster(ctx, { db: database.db }, 'b');
    expect((await create('d')).ipv4Range).toBe('100.64.2.0/24');
  });

  test('goes around ranges of other sizes', async () => {
    await create('small', '100.64.1.16/28');
    await create('wide', '100.64.4.0/22');
    const ranges = [];
    for (const name of ['a', 'b', 'c']) ranges.push((await create(name)).ipv4Range);
    expect(ranges).toEqual(['100.64.2.0/24', '100.64.3.0/24', '100.64.8.0/24']);
  });

  test('is never the controllers’ own nor of the reserve, and when the pool is full only home and default clusters get one', async () => {
    await create('low', '100.64.128.0/17');
    await create('half', '100.65.0.0/16');
    await create('q1', '100.66.0.0/15');
    await create('q2', '100.68.0.0/14');
    await create('q3', '100.72.0.0/13');
    await create('q4', '100.80.0.0/12');
    await create('q5', '100.96.0.0/12');
    await create('q6', '100.112.0.0/13');
    await create('q7', '100.120.0.0/14');
    await create('q8', '100.124.0.0/15');
    await create('q9', '100.126.0.0/16');
    await create('r1', '100.127.0.0/17');
    await create('r2', '100.127.128.0/18');
    await create('r3', '100.127.192.0/19');
    await create('r4', '100.127.224.0/20');
    await create('r5', '100.127.240.0/21');
    await create('r6', '100.127.248.0/22');
    await create('l1', '100.64.64.0/18');
    await create('l2', '100.64.32.0/19');
    await create('l3', '100.64.16.0/20');
    await create('l4', '100.64.8.0/21');
    await create('l5', '100.64.4.0/22');
    await create('l6', '100.64.2.0/23');
    await create('l7', '100.64.1.0/24');
    await expect(create('more')).rejects.toMatchObject({ code: 'conflict' });
    await expect(create('own', '100.127.255.0/24')).rejects.toMatchObject({ code: 'conflict' });
    await expect(create('kept', '100.127.253.0/24')).rejects.toMatchObject({ code: 'conflict' });

    const home = await database.db.transaction((tx) => homeCluster(tx, tenant.tenantId, new Date()));
    const main = { name: 'main', ipv4Range: null, nodeLimit: null, tenantId: tenant.tenantId, at: new Date() };
    await ensureDefaultCluster({ db: database.db }, main);
    const ranges = await Promise.all([home.name, 'main'].map((name) => getCluster(ctx, reading(), name)));
    expect(ranges.map((cluster) => cluster.ipv4Range)).toEqual(['100.127.252.0/24', '100.127.253.0/24']);
  });

  test('differs for twenty that are created at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, number) => create(`at-once-${number}`)));
    expect(new Set(made.map((cluster) => cluster.ipv4Range)).size).toBe(20);
  });
});

describe('what is refused', () => {
  test('a name that is taken', async () => {
    await create('web');
    await expect(create('web')).rejects.toMatchObject({ code: 'conflict', message: 'name has already been taken' });
  });

  test('the reserved name', async () => {
    await expect(create('default')).rejects.toMatchObject({ code: 'invalid', details: { name: ['is reserved'] } });
  });

  test.each(['198.18.7.0/24', '198.18.7.128/25', '198.18.0.0/15'])('%s beside 198.18.7.0/24', async (range) => {
    await create('web', '198.18.7.0/24');
    await expect(create('other', range)).rejects.toMatchObject({
      code: 'conflict',
      message: `${range} overlaps with an existing cluster range`,
    });
  });

  test('everything that adds or removes while there are more nodes than capacity', async () => {
    await create('web');
    await database.db.execute(sql`update controllers set capacity = 1`);
    await seedNodes(database.db, tenant, [{}, {}]);
    await expect(create('more')).rejects.toMatchObject({ code: 'degraded' });
    await expect(updateCluster(ctx, { db: database.db }, { name: 'web', nodeLimit: 5 })).rejects.toMatchObject({
      code: 'degraded',
    });
    await expect(deleteCluster(ctx, { db: database.db }, 'web')).rejects.toMatchObject({ code: 'degraded' });
  });
});

describe('the node limit', () => {
  test('can be set, left alone and taken away', async () => {
    await create('web', null, 10);
    const change = (nodeLimit?: number | null) => updateCluster(ctx, { db: database.db }, { name: 'web', nodeLimit });
    const limit = async () => (await getCluster(ctx, reading(), 'web')).nodeLimit;
    await change(50);
    expect(await limit()).toBe(50);
    await change(undefined);
    expect(await limit()).toBe(50);
    await change(null);
    expect(await limit()).toBeNull();
  });

  test('cannot be more than the range holds nor less than the nodes there are', async () => {
    await seedNodes(database.db, tenant, [{}, {}, {}]);
    const change = (nodeLimit: number) =>
      updateCluster(ctx, { db: database.db }, { name: tenant.clusterName, nodeLimit });
    await expect(change(2)).rejects.toMatchObject({
      details: { nodeLimit: ['cannot be less than current node count (3)'] },
    });
    await expect(change(237)).rejects.toMatchObject({ code: 'invalid' });
    await change(3);
  });
});

test('a cluster with nodes is not deleted', async () => {
  await seedNodes(database.db, tenant, [{}, {}]);
  await expect(deleteCluster(ctx, { db: database.db }, tenant.clusterName)).rejects.toMatchObject({
    code: 'conflict',
    message: 'cannot delete cluster with 2 node(s) - remove all nodes first',
  });
});

test('another tenant has the same names and ranges, and neither hears of the other', async () => {
  const other = contextOf(await seedTenant(database.db));
  const make = (of: Context) =>
    createCluster(of, { db: database.db }, { name: 'web', ipv4Range: '198.18.7.0/24', nodeLimit: null });
  const [mine, theirs] = [await make(ctx), await make(other)];
  expect(mine.id).not.toBe(theirs.id);
  await expect(make(other)).rejects.toMatchObject({ code: 'conflict', message: 'name has already been taken' });
  await deleteCluster(ctx, { db: database.db }, 'web');
  expect((await getCluster(other, reading(), 'web')).ipv4Range).toBe('198.18.7.0/24');
});

test('the name of the home cluster is kept for it', async () => {
  const name = `home-${tenant.tenantId.replaceAll('-', '').slice(-16)}`;
  await expect(create(name)).rejects.toMatchObject({ code: 'invalid', details: { name: ['is reserved'] } });
  expect((await database.db.transaction((tx) => homeCluster(tx, tenant.tenantId, new Date()))).name).toBe(name);
});

test('another tenant’s cluster is not there', async () => {
  const other = contextOf(await seedTenant(database.db));
  await create('web');
  await expect(getCluster(other, reading(), 'web')).rejects.toMatchObject({ code: 'not_found' });
  await expect(deleteCluster(other, { db: database.db }, 'web')).rejects.toMatchObject({ code: 'not_found' });
  const page = await listClusters(other, reading(), {
    ...NEWEST,
    conditions: [{ field: 'name', is: 'like', anyOf: [{ exactly: 'web' }] }],
  });
  expect(page.totalCount).toBe(0);
});

test('a list counts and names the nodes, and can be filtered by their number', async () => {
  const nodeIds = await seedNodes(database.db, tenant, [{ name: 'b' }, { name: 'a' }]);
  await create('empty');
  const list = (request: Partial<ListRequest>) => listClusters(ctx, reading(), { ...NEWEST, ...request });
  const { items, totalCount } = await list({ conditions: [{ field: 'nodeCount', is: 'atLeast', value: 1 }] });
  expect(totalCount).toBe(1);
  expect(items[0]?.nodes.map((node) => node.id)).toEqual([nodeIds[1], nodeIds[0]]);
  const empty = await list({ conditions: [{ field: 'nodeCount', is: 'atMost', value: 0 }] });
  expect(empty.items.map((cluster) => cluster.name)).toEqual(['empty']);
  expect(await list({ page: 7 })).toMatchObject({ items: [], totalCount: 2 });
});

describe('the default cluster', () => {
  const wanted = () => ({ name: 'main', ipv4Range: '198.18.0.0/24', nodeLimit: 100, tenantId: tenant.tenantId });

  test('is founded once by controllers that start together, and left as it is afterwards', async () => {
    const start = () => ensureDefaultCluster({ db: database.db }, { ...wanted(), at: new Date() });
    await Promise.all([start(), start(), start()]);
    await updateCluster(ctx, { db: database.db }, { name: 'main', nodeLimit: 7 });
    await start();
    expect(await getCluster(ctx, reading(), 'main')).toMatchObject({ ipv4Range: '198.18.0.0/24', nodeLimit: 7 });
  });

  test('that cannot be is refused', async () => {
    const start = (changes: object) =>
      ensureDefaultCluster({ db: database.db }, { ...wanted(), ...changes, at: new Date() });
    await expect(start({ name: 'default' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(start({ ipv4Range: '10.0.0.0/24' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(start({ nodeLimit: 300 })).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('addresses in the range', () => {
  const give = (index: number, ids: readonly NodeId[]) =>
    database.db.transaction((tx) => ensureOverlayAddress(tx, ids[index] as NodeId)); // every test has enough of them

  test('are given once, lowest first, and again when they are free', async () => {
    const ids = await seedNodes(database.db, tenant, [{}, {}, {}, {}]);
    expect([await give(0, ids), await give(1, ids), await give(0, ids), await give(2, ids)]).toEqual([
      '100.64.0.11',
      '100.64.0.12',
      '100.64.0.11',
      '100.64.0.13',
    ]);
    await database.db.execute(sql`delete from nodes where id = ${ids[1]}`);
    expect(await give(3, ids)).toBe('100.64.0.12');
  });

  test('differ for those that ask at once', async () => {
    const ids = await seedNodes(
      database.db,
      tenant,
      Array.from({ length: 20 }, () => ({})),
    );
    const given = await Promise.all(ids.map((_, index) => give(index, ids)));
    expect(new Set(given).size).toBe(20);
  });

  test('end with the range', async () => {
    const small = await create('small', '198.18.0.0/28');
    const ids = await seedNodes(
      database.db,
      tenant,
      Array.from({ length: 5 }, () => ({ clusterId: small.id })),
    );
    const given = [];
    for (const index of ids.keys()) given.push(await give(index, ids));
    expect(given).toEqual(['198.18.0.11', '198.18.0.12', '198.18.0.13', '198.18.0.14', undefined]);
  });
});
