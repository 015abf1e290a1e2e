import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GroupId, type NodeId, newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { resolveTarget } from '#core/selectors/resolve-target.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { createGroup } from './create-group.ts';
import { getGroup, listGroups } from './read-groups.ts';
import { deleteGroup, updateGroup } from './update-group.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function setup() {
  const { db } = database;
  const tenant = await seedTenant(db);
  const controllerId = await seedController(db, new Date(Date.now() + 60_000));
  const [web1, web2, db1] = (await seedNodes(db, tenant, [
    { name: 'web1', tags: ['web'], controllerId },
    { name: 'web2', tags: ['web'] },
    { name: 'db1', tags: ['db'], controllerId },
  ])) as [NodeId, NodeId, NodeId];
  return { deps: { db }, db, ctx: contextOf(tenant), tenant, web1, web2, db1 };
}

const web = { tags: [{ has: 'web' }] };

test('members are the nodes of the selector and the pinned ones, each once, by name', async () => {
  const { db, deps, ctx, web1, web2, db1 } = await setup();
  const group = await createGroup(ctx, deps, { name: ' web ', selector: web, pinnedMembers: [db1, web1, db1] });
  expect(group).toMatchObject({ name: 'web', memberCount: 3, pinnedMembers: [db1, web1] });
  const { members } = await getGroup(db, ctx, group.id);
  expect(members).toEqual([
    { id: db1, name: 'db1', presence: 'connected' },
    { id: web1, name: 'web1', presence: 'connected' },
    { id: web2, name: 'web2', presence: 'disconnected' },
  ]);
});

test('members are looked up when asked for: a tag, a deleted node and a new selector show at once', async () => {
  const { db, deps, ctx, web1, web2, db1 } = await setup();
  const { id } = await createGroup(ctx, deps, { name: 'g', selector: web, pinnedMembers: [web2] });
  const names = async () => (await getGroup(db, ctx, id)).members.map((member) => member.name);
  await db.execute(sql`update nodes set tags = '{}' where id = ${web1}`);
  expect(await names()).toEqual(['web2']);
  await db.execute(sql`delete from nodes where id = ${web2}`);
  expect(await names()).toEqual([]);
  await updateGroup(ctx, deps, { groupId: id, selector: { tags: [{ has: 'db' }] } });
  expect(await names()).toEqual(['db1']);
  expect(db1).toBeDefined();
});

test('a list counts every group in one go, oldest first', async () => {
  const { db, deps, ctx, db1 } = await setup();
  await createGroup(ctx, deps, { name: 'all', selector: {}, pinnedMembers: [] });
  await createGroup(ctx, deps, { name: 'web', selector: web, pinnedMembers: [] });
  await createGroup(ctx, deps, { name: 'pinned', selector: { tags: [{ anyOf: [] }] }, pinnedMembers: [db1] });
  const counts = (await listGroups(db, ctx)).map((group) => [group.name, group.memberCount]);
  expect(counts).toEqual([
    ['all', 3],
    ['web', 2],
    ['pinned', 1],
  ]);
});

test('a tenant without groups has none', async () => {
  const { db, ctx } = await setup();
  expect(await listGroups(db, ctx)).toEqual([]);
});

test('a taken name is a conflict, for a new group and for another name, and only within the tenant', async () => {
  const { db, deps, ctx } = await setup();
  await createGroup(ctx, deps, { name: 'g', selector: {}, pinnedMembers: [] });
  const other = await createGroup(ctx, deps, { name: 'h', selector: {}, pinnedMembers: [] });
  const again = createGroup(ctx, deps, { name: 'g', selector: {}, pinnedMembers: [] });
  await expect(again).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('"g"') });
  await expect(updateGroup(ctx, deps, { groupId: other.id, name: 'g' })).rejects.toMatchObject({ code: 'conflict' });
  const stranger = contextOf(await seedTenant(db));
  await expect(createGroup(stranger, deps, { name: 'g', selector: {}, pinnedMembers: [] })).resolves.toBeDefined();
});

test('pinning a node of another tenant is refused like one that does not exist, and nothing is written', async () => {
  const { db, deps, ctx, web1 } = await setup();
  const stranger = contextOf(await seedTenant(db));
  for (const id of [web1, newId<NodeId>()]) {
    const attempt = createGroup(stranger, deps, { name: 'g', selector: {}, pinnedMembers: [id] });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid', message: `pinned_members: no such node: ${id}` });
  }
  const mine = await createGroup(ctx, deps, { name: 'g', selector: {}, pinnedMembers: [] });
  const patch = updateGroup(ctx, deps, { groupId: mine.id, name: 'h', pinnedMembers: [newId<NodeId>()] });
  await expect(patch).rejects.toMatchObject({ code: 'invalid' });
  expect((await getGroup(db, ctx, mine.id)).name).toBe('g');
});

test('a group of another tenant is not there for any use case', async () => {
  const { db, deps, ctx } = await setup();
  const { id } = await createGroup(ctx, deps, { name: 'g', selector: {}, pinnedMembers: [] });
  const stranger = contextOf(await seedTenant(db));
  const attempts = [
    () => getGroup(db, stranger, id),
    () => updateGroup(stranger, deps, { groupId: id, name: 'x' }),
    () => deleteGroup(stranger, deps, id),
    () => resolveTarget(db, stranger, { kind: 'group', groupId: id }, { offline: 'skip' }),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
  expect(await listGroups(db, stranger)).toEqual([]);
  expect((await getGroup(db, ctx, id)).name).toBe('g');
});

test('a deleted group is gone, its nodes are not', async () => {
  const { db, deps, ctx } = await setup();
  const { id } = await createGroup(ctx, deps, { name: 'g', selector: {}, pinnedMembers: [] });
  await deleteGroup(ctx, deps, id);
  await expect(deleteGroup(ctx, deps, id)).rejects.toMatchObject({ code: 'not_found' });
  expect((await resolveTarget(db, ctx, { kind: 'all' }, { offline: 'queue' })).targets).toHaveLength(3);
});

test('a target is divided into who runs and who is left out, both by name and id', async () => {
  const { db, ctx, tenant, web1, web2, db1 } = await setup();
  const [revoked] = await seedNodes(db, tenant, [{ name: 'a', revokedAt: new Date() }]);
  const all = { kind: 'all' } as const;
  expect(await resolveTarget(db, ctx, all, { offline: 'skip' })).toEqual({
    targets: [
      { nodeId: db1, name: 'db1' },
      { nodeId: web1, name: 'web1' },
    ],
    skipped: [
      { nodeId: revoked, name: 'a', reason: 'revoked' },
      { nodeId: web2, name: 'web2', reason: 'disconnected' },
    ],
    missing: [],
  });
  const queued = await resolveTarget(db, ctx, all, { offline: 'queue' });
  expect(queued.targets.map((one) => one.name)).toEqual(['db1', 'web1', 'web2']);
  expect(queued.skipped.map((one) => one.name)).toEqual(['a']);
});

test('ids that are no nodes of the tenant are named, in the order they were given', async () => {
  const { db, ctx, web1 } = await setup();
  const [foreign] = (await seedNodes(db, await seedTenant(db), [{}])) as [NodeId];
  const unknown = newId<NodeId>();
  const target = { kind: 'nodes', nodeIds: [unknown, web1, foreign] } as const;
  const resolution = await resolveTarget(db, ctx, target, { offline: 'skip' });
  expect(resolution).toEqual({ targets: [{ nodeId: web1, name: 'web1' }], skipped: [], missing: [unknown, foreign] });
  expect(await resolveTarget(db, ctx, { kind: 'node', nodeId: foreign }, { offline: 'queue' })).toEqual({
    targets: [],
    skipped: [],
    missing: [foreign],
  });
});

test('a group that does not exist is no target', async () => {
  const { db, ctx } = await setup();
  const target = { kind: 'group', groupId: newId<GroupId>() } as const;
  await expect(resolveTarget(db, ctx, target, { offline: 'skip' })).rejects.toMatchObject({ code: 'not_found' });
});
