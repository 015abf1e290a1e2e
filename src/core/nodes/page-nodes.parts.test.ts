import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { type ControllerId, newId } from '#core/kernel/ids.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type NodeSeed, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import type { ListRequest } from '../lists/list-request.ts';
import { getNode } from './get-node.ts';
import { healthOf, NODE_HEALTH } from './health.ts';
import type { Node } from './node.ts';
import { pageNodes } from './page-nodes.ts';
import { presenceOf } from './presence.ts';

const presence = { staleAfterMs: 90_000 };
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const NEWEST: ListRequest = {
  conditions: [],
  order: [{ field: 'createdAt', direction: 'desc' }],
  page: 1,
  pageSize: 20,
};

/** A node for every combination of the facts that health depends on. */
async function setup() {
  const { db } = database;
  const tenant = await seedTenant(db);
  const clock = new ManualClock();
  const ago = (seconds: number) => new Date(clock.millis() - seconds * 1_000);
  const holders = [
    null,
    await seedController(db, ago(-5)),
    await seedController(db, ago(5)),
    newId<ControllerId>(), // nobody knows it
  ];
  const seeds = holders.flatMap((controllerId) =>
    [null, ago(10), ago(90), ago(91)].flatMap((lastSeenAt) =>
      [ago(1), ago(200)].flatMap((openedAt) =>
        [true, false].flatMap((isHealthy) =>
          [null, ago(3)].map(
            (revokedAt): NodeSeed => ({
              ...(controllerId !== null && { controllerId, openedAt }),
              lastSeenAt,
              isHealthy,
              revokedAt,
              enrolledAt: ago(1_000),
            }),
          ),
        ),
      ),
    ),
  );
  const ids = await seedNodes(db, tenant, seeds);
  const ctx = contextOf(tenant, clock);
  const nodes = await Promise.all(ids.map((id) => getNode(db, ctx, id)));
  const health = (node: Node) => healthOf(presenceOf(node, clock.now(), presence).kind, node.isHealthy);
  const page = (request: Partial<ListRequest>) => pageNodes(ctx, { db, presence }, { ...NEWEST, ...request });
  const all = async (request: Partial<ListRequest>) => {
    const pages = await Promise.all([1, 2].map((number) => page({ ...request, page: number, pageSize: 100 })));
    return pages.flatMap(({ items }) => items);
  };
  return { nodes, health, page, all };
}

test('a list filtered by health holds those whose facts say so, and nobody else', async () => {
  const { nodes, health, page, all } = await setup();
  for (const status of NODE_HEALTH) {
    const expected = nodes.filter((node) => health(node) === status);
    expect(expected.length).toBeGreaterThan(0);
    const conditions = [{ field: 'health', is: 'equal', value: status }] as const;
    expect((await page({ conditions })).totalCount).toBe(expected.length);
    expect(idsOf(await all({ conditions }))).toEqual(idsOf(expected));
  }
});

test('a list ordered by health goes by its words', async () => {
  const { nodes, health, all } = await setup();
  const listed = await all({ order: [{ field: 'health', direction: 'asc' }] });
  expect(listed.map(health)).toEqual(nodes.map(health).toSorted());
});

test('a node of a page is the node, and pages follow one another', async () => {
  const { nodes, page } = await setup();
  const first = await page({ pageSize: 3 });
  const second = await page({ pageSize: 3, page: 2 });
  expect([first.totalCount, second.totalCount]).toEqual([nodes.length, nodes.length]);
  for (const item of [...first.items, ...second.items]) expect(item).toEqual(nodes.find(({ id }) => id === item.id));
  expect(new Set(idsOf([...first.items, ...second.items])).size).toBe(6);
});

test('a page behind the last is empty and still knows the total', async () => {
  const { nodes, page } = await setup();
  expect(await page({ page: 1_000 })).toEqual({ items: [], page: 1_000, pageSize: 20, totalCount: nodes.length });
});

function idsOf(nodes: readonly Node[]): string[] {
  return nodes.map(({ id }) => id).toSorted();
}
