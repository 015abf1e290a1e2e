import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { type NodeId, newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type NodeSeed, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { deleteNode, type EndNodeDeps, revokeNode } from './end-node.ts';
import { getNode } from './get-node.ts';
import { listNodes } from './list-nodes.ts';
import { changeTags, updateNode } from './update-node.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function setup(...seeds: NodeSeed[]) {
  const { db } = database;
  const tenant = await seedTenant(db);
  const clock = new ManualClock();
  const ids = await seedNodes(db, tenant, seeds);
  return { db, tenant, clock, ctx: contextOf(tenant, clock), ids, id: ids[0] as NodeId };
}

/** Notes what happens outside the database, in order. */
function recordingDeps(): EndNodeDeps & { readonly done: string[] } {
  const done: string[] = [];
  return {
    db: database.db,
    done,
    engine: { runChanged: (runId) => done.push(`run ${runId}`) },
    sessions: {
      async cutSessions(nodeIds, reason) {
        done.push(`cut ${nodeIds.join()} ${reason}`);
      },
    },
    revokedSerials: { tell: (revoked) => done.push(`refuse ${revoked.map(({ serial }) => serial).join()}`) },
    revocationLists: {
      async publish() {
        done.push('publish');
        return undefined as never; // nobody looks at it here
      },
    },
  };
}

async function eventTypes(subject: string): Promise<string[]> {
  const rows = await database.db.query<{ type: string }>(sql`
    select type from events where subject = ${subject} order by created_at, id`);
  return rows.map((row) => row.type);
}

test('a node shows its facts, its cluster, its tenant and its session', async () => {
  const { db, ctx, tenant, clock } = await setup();
  const controllerId = await seedController(db, new Date(clock.millis() + 5_000));
  const [id] = await seedNodes(db, tenant, [{ name: 'web', labels: { region: 'eu' }, controllerId }]);
  const node = await getNode(db, ctx, id as NodeId);
  expect(node).toMatchObject({
    name: 'web',
    labels: { region: 'eu' },
    clusterName: tenant.clusterName,
    tenantSlug: tenant.slug,
    session: { controllerId, epoch: 1, leaseUntil: new Date(clock.millis() + 5_000) },
  });
});

test('renaming trims the name, leaves the tags and tells of it', async () => {
  const { db, ctx, id } = await setup({ name: 'old', tags: ['a'] });
  const node = await updateNode(ctx, { db }, { nodeId: id, name: '  new ' });
  expect(node).toMatchObject({ name: 'new', tags: ['a'] });
  expect(await eventTypes(id)).toEqual(['node.renamed']);
});

test('tags are replaced whole, each once', async () => {
  const { db, ctx, id } = await setup({ tags: ['a'] });
  const node = await updateNode(ctx, { db }, { nodeId: id, tags: ['c', 'b', 'c'] });
  expect(node.tags).toEqual(['c', 'b']);
});

test('tags added and removed in one step keep their order, twice changes nothing more', async () => {
  const { db, ctx, id } = await setup({ tags: ['a', 'b'] });
  const change = { nodeId: id, add: ['c', 'a'], remove: ['b', 'never'] };
  expect((await changeTags(ctx, { db }, change)).tags).toEqual(['a', 'c']);
  expect((await changeTags(ctx, { db }, change)).tags).toEqual(['a', 'c']);
});

test('of fifty changes of tags at the same time none is lost', async () => {
  const { db, ctx, id } = await setup({ tags: Array.from({ length: 25 }, (_, i) => `old${i}`) });
  await Promise.all(
    Array.from({ length: 25 }, (_, i) => [
      changeTags(ctx, { db }, { nodeId: id, add: [`new${i}`], remove: [] }),
      changeTags(ctx, { db }, { nodeId: id, add: [], remove: [`old${i}`] }),
    ]).flat(),
  );
  const { tags } = await getNode(db, ctx, id);
  expect(tags.toSorted()).toEqual(Array.from({ length: 25 }, (_, i) => `new${i}`).toSorted());
});

test('a change that would leave more than 64 tags is refused and changes nothing', async () => {
  const { db, ctx, id } = await setup({ tags: Array.from({ length: 63 }, (_, i) => `t${i}`) });
  const tooMany = changeTags(ctx, { db }, { nodeId: id, add: ['x', 'y'], remove: [] });
  await expect(tooMany).rejects.toMatchObject({ code: 'invalid', details: { add: [expect.stringContaining('64')] } });
  expect((await getNode(db, ctx, id)).tags).toHaveLength(63);
});

test.each([
  ['capitals', { add: ['Prod'], remove: [] }],
  ['a tag in both lists', { add: ['a'], remove: ['a'] }],
  ['64 characters', { add: ['t'.repeat(64)], remove: [] }],
  ['a line break at the end', { add: ['t\n'], remove: [] }],
])('a change of tags with %s is invalid', async (_, change) => {
  const { db, ctx, id } = await setup({});
  await expect(changeTags(ctx, { db }, { nodeId: id, ...change })).rejects.toMatchObject({ code: 'invalid' });
});

test('pages follow each other by name and id and give every node once', async () => {
  const names = ['b', 'a', 'B', 'a', 'ä', 'a'];
  const { db, ctx } = await setup(...names.map((name) => ({ name })));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listNodes(db, ctx, { selector: {}, limit: 2, cursor });
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map((node) => `${node.name}/${node.id}`));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen.map((one) => one.split('/')[0])).toEqual(['B', 'a', 'a', 'a', 'b', 'ä']);
  expect(new Set(seen).size).toBe(6);
});

test.each([
  '!!',
  'bm9uc2Vuc2U',
  Buffer.from('["a"]').toString('base64url'),
  Buffer.from('["a","b"]').toString('base64url'),
])('the cursor %s of another make is malformed', async (cursor) => {
  const { db, ctx } = await setup();
  await expect(listNodes(db, ctx, { selector: {}, limit: 2, cursor })).rejects.toMatchObject({ code: 'malformed' });
});

test('a node of another tenant is not there for any use case, and stays as it is', async () => {
  const { db, id, tenant } = await setup({ name: 'mine', tags: ['a'] });
  const stranger = contextOf(await seedTenant(db));
  const deps = recordingDeps();
  const attempts = [
    () => getNode(db, stranger, id),
    () => updateNode(stranger, deps, { nodeId: id, name: 'theirs', tags: [] }),
    () => changeTags(stranger, deps, { nodeId: id, add: ['b'], remove: ['a'] }),
    () => revokeNode(stranger, deps, id),
    () => deleteNode(stranger, deps, id),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
  expect(deps.done).toEqual([]);
  expect((await listNodes(db, stranger, { selector: {}, limit: 10 })).items).toEqual([]);
  expect(await getNode(db, contextOf(tenant), id)).toMatchObject({ name: 'mine', tags: ['a'], revokedAt: null });
});

test('revoking keeps the row, refuses the certificates, ends what is in flight and cuts the session; again is no error', async () => {
  const { db, ctx, tenant, id, clock } = await setup({ name: 'web' });
  const serial = await seedCertificate(id, tenant.tenantId);
  const { runId, executionId } = await seedExecution(id, tenant.tenantId);
  const deps = recordingDeps();
  await revokeNode(ctx, deps, id);
  expect((await getNode(db, ctx, id)).revokedAt).toEqual(clock.now());
  expect(await executionEnd(executionId)).toEqual({ state: 'finished', outcome: 'lost', error_code: 'revoked' });
  expect(deps.done.toSorted()).toEqual([`cut ${id} revoked`, 'publish', `refuse ${serial}`, `run ${runId}`].toSorted());
  expect(await eventTypes(id)).toEqual(['node.revoked']);

  clock.advance(1_000);
  await revokeNode(ctx, deps, id);
  expect((await getNode(db, ctx, id)).revokedAt).toEqual(new Date(clock.millis() - 1_000));
  expect(await eventTypes(id)).toEqual(['node.revoked']);
});

test('deleting takes the row away; what it had not finished is lost, and the execution stays without a node', async () => {
  const { db, ctx, tenant, id } = await setup({ name: 'web' });
  const { executionId } = await seedExecution(id, tenant.tenantId);
  const deps = recordingDeps();
  await deleteNode(ctx, deps, id);
  await expect(getNode(db, ctx, id)).rejects.toMatchObject({ code: 'not_found' });
  expect(await executionEnd(executionId)).toEqual({ state: 'finished', outcome: 'lost', error_code: 'node_deleted' });
  expect(deps.done).toContain(`cut ${id} deleted`);
  expect(await eventTypes(id)).toEqual(['node.deleted']);
  await expect(deleteNode(ctx, deps, id)).rejects.toMatchObject({ code: 'not_found' });
});

async function seedCertificate(nodeId: NodeId, tenantId: string): Promise<string> {
  const serial = newId().replaceAll('-', '').toUpperCase();
  const authorityId = newId();
  await database.db.execute(sql`
    insert into authorities (id, kind, certificate, subject_key_id, not_before, not_after)
    values (${authorityId}, 'intermediate', '', '', now(), now() + interval '1 year')`);
  await database.db.execute(sql`
    insert into certificates (serial, tenant_id, authority_id, node_id, purpose, subject, fingerprint, public_key_hash,
      certificate, not_before, not_after)
    values (${serial}, ${tenantId}, ${authorityId}, ${nodeId}, 'node', 'CN=x', ${Buffer.from(serial)},
      ${Buffer.from(serial)}, '', now(), now() + interval '90 days')`);
  return serial;
}

async function seedExecution(nodeId: NodeId, tenantId: string) {
  const [runId, executionId] = [newId(), newId()];
  await database.db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
    values (${runId}, ${tenantId}, 'fleet', 'cmd.run', '{}', '{}', '{}', 1, 'tester', now())`);
  await database.db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, created_at)
    values (${executionId}, ${runId}, ${tenantId}, ${nodeId}, 0, 'cmd.run', 'running', now())`);
  return { runId, executionId };
}

async function executionEnd(id: string): Promise<unknown> {
  const [row] = await database.db.query(sql`select state, outcome, error_code from executions where id = ${id}`);
  return row;
}
