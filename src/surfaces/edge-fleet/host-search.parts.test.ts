import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';
import { seedController, seedNodes } from '#test/support/seed-nodes.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(() => fleet.close());

const at = (minute: number) => new Date(Date.UTC(2026, 10, 1, 10, minute));
const taggedWith = (tag: string) => ({ Selector: { tags: [{ Has: tag }] } });

interface Found {
  readonly items: readonly { readonly name: string }[];
  readonly next_cursor: string | null;
  readonly counts: Readonly<Record<string, number>> | null;
}

async function setup() {
  const tag = `t${newId()}`;
  const now = new Date();
  const controllerId = await seedController(fleet.database.db, new Date(now.getTime() + 3_600_000));
  const open = { controllerId, openedAt: now, lastSeenAt: now };
  await seedNodes(
    fleet.database.db,
    fleet.tenant,
    [
      { name: 'c', version: '1.2.0', lastSeenAt: at(3) },
      { name: 'a', version: '1.10.0', lastSeenAt: at(1) },
      { name: 'b', version: '1.2.0', ...open },
      { name: 'd', version: '1.2.0', revokedAt: at(9), lastSeenAt: at(2) },
    ].map((seed) => ({ ...seed, tags: [tag] })),
  );
  const search = async (body: object): Promise<Found> => {
    const answer = await fleet.call('POST', '/v1/edge/hosts/search', { body: { target: taggedWith(tag), ...body } });
    expect(answer.statusCode).toBe(200);
    return answer.json();
  };
  return { tag, search };
}

const names = ({ items }: Found) => items.map(({ name }) => name).join('');

test('a target is listed in each order, both ways, and counted by status', async () => {
  const { search } = await setup();
  const first = await search({});
  expect(names(first)).toBe('abcd');
  expect(first.counts).toEqual({ Connected: 1, Unhealthy: 0, Disconnected: 2, Revoked: 1 });
  expect(names(await search({ descending: true }))).toBe('dcba');
  expect(names(await search({ order_by: 'seen' }))).toBe('adcb');
  expect(names(await search({ order_by: 'version', descending: true })).at(-1)).toBe('a');
});

test.each(['name', 'seen', 'version', 'system'])('pages by %s meet every host once', async (orderBy) => {
  const { search } = await setup();
  const met: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Found = await search({ order_by: orderBy, descending: true, limit: 1, ...(cursor && { cursor }) });
    expect(page.counts === null).toBe(cursor !== null);
    met.push(names(page));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(met.toSorted().join('')).toBe('abcd');
});

test('a status narrows the list and not the counts; sets can leave nodes out', async () => {
  const { tag, search } = await setup();
  const away = await search({ status: ['Disconnected', 'Revoked'] });
  expect(names(away)).toBe('acd');
  expect(away.counts?.Connected).toBe(1);
  const without = { Steps: [{ Add: taggedWith(tag) }, { Remove: { Hosts: ['a', 'd'] } }] };
  expect(names(await search({ target: without }))).toBe('bc');
});

test('a group there is not is not found, and a cursor of another order is refused', async () => {
  const { search } = await setup();
  const { next_cursor: cursor } = await search({ limit: 1 });
  const refused = async (body: object) => (await fleet.call('POST', '/v1/edge/hosts/search', { body })).statusCode;
  expect(await refused({ target: { Group: `g-${newId()}` } })).toBe(404);
  expect(await refused({ target: { All: null }, order_by: 'seen', cursor })).toBe(400);
});
