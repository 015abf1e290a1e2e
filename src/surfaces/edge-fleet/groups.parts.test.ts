import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(() => fleet.close());

const GROUPS = '/v1/edge/groups';
const name = () => `group-${newId()}`;
const create = (body: object) => fleet.call('POST', GROUPS, { body });

test('a group repeats what was given, and counts and lists its members', async () => {
  const tag = `t${newId()}`;
  const [first, second] = await seedNodes(fleet.database.db, fleet.tenant, [{ name: 'b', tags: [tag] }, { name: 'a' }]);
  const selector = { os: 'linux', tools: [], tags: [{ AllOf: [tag] }], labels: [] };
  const body = { name: name(), selector, pinned_members: [`n-${second}`] };
  const created = await create(body);
  expect(created.statusCode).toBe(201);
  expect(created.json()).toEqual({
    ...body,
    id: expect.stringMatching(/^g-[0-9a-f-]{36}$/),
    resolved_member_count: 2,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  const { id } = created.json();
  for (const path of [id, id.slice(2)]) {
    const read = (await fleet.call('GET', `${GROUPS}/${path}`)).json();
    expect(read).toEqual({
      ...created.json(),
      resolved_members: [
        { node_id: `n-${second}`, name: 'a', status: 'Disconnected' },
        { node_id: `n-${first}`, name: 'b', status: 'Disconnected' },
      ],
    });
  }
  const { items } = (await fleet.call('GET', GROUPS)).json();
  expect(items.find((group: { id: string }) => group.id === id)).toEqual(created.json());
});

test('without pinned members there are none, and both spellings of a label are read', async () => {
  const selector = { labels: [{ Equals: ['region', 'x'] }, { In: ['region', ['a', 'b']] }, { Exists: 'y' }] };
  const group = (await create({ name: name(), selector })).json();
  expect(group.pinned_members).toEqual([]);
  expect(group.selector).toEqual({
    labels: [{ Equals: { region: 'x' } }, { In: { region: ['a', 'b'] } }, { Exists: 'y' }],
  });
});

test('a change replaces what it gives and leaves the rest', async () => {
  const { id } = (await create({ name: name(), selector: { os: 'linux', arch: 'x86_64' } })).json();
  const renamed = name();
  expect((await fleet.call('PATCH', `${GROUPS}/${id}`, { body: { name: renamed } })).json()).toMatchObject({
    name: renamed,
    selector: { os: 'linux', arch: 'x86_64' },
  });
  const changed = await fleet.call('PATCH', `${GROUPS}/${id}`, { body: { selector: { tags: [{ Has: 'a' }] } } });
  expect(changed.json()).toMatchObject({ name: renamed, selector: { tags: [{ Has: 'a' }] } });
  expect(changed.json().selector).not.toHaveProperty('os');
});

test('a taken name is a conflict, for a new group and for another name', async () => {
  const taken = name();
  await create({ name: taken, selector: {} });
  const { id } = (await create({ name: name(), selector: {} })).json();
  for (const answer of [
    await create({ name: taken, selector: {} }),
    await fleet.call('PATCH', `${GROUPS}/${id}`, { body: { name: taken } }),
  ]) {
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'conflict']);
  }
});

test('a deleted group is gone', async () => {
  const { id } = (await create({ name: name(), selector: {} })).json();
  expect((await fleet.call('DELETE', `${GROUPS}/${id}`)).statusCode).toBe(204);
  expect((await fleet.call('DELETE', `${GROUPS}/${id}`)).statusCode).toBe(404);
  expect((await fleet.call('GET', `${GROUPS}/${id}`)).statusCode).toBe(404);
});

test.each<[string, object, string]>([
  ['no name', { selector: {} }, '#/name'],
  ['no selector', { name: 'x' }, '#/selector'],
  ['a name of blanks', { name: '   ', selector: {} }, '#/name'],
  ['an unknown field', { name: 'x', selector: {}, colour: 'red' }, '#/colour'],
  ['a pinned member that is no id', { name: 'x', selector: {}, pinned_members: ['somebody'] }, '#/pinned_members/0'],
  ['a pinned member there is not', { name: 'x', selector: {}, pinned_members: [`n-${newId()}`] }, '#/pinned_members'],
  ['an unknown key in the selector', { name: 'x', selector: { colour: 'red' } }, '#/selector/colour'],
  ['tags that are text', { name: 'x', selector: { tags: ['prod'] } }, '#/selector/tags/0'],
  ['an unknown tag predicate', { name: 'x', selector: { tags: [{ Nearly: 'prod' }] } }, '#/selector/tags/0'],
  [
    'a tag predicate of the wrong kind',
    { name: 'x', selector: { tags: [{ AllOf: 'prod' }] } },
    '#/selector/tags/0/AllOf',
  ],
  [
    'a label value that is a number',
    { name: 'x', selector: { labels: [{ Equals: { a: 1 } }] } },
    '#/selector/labels/0/Equals/a',
  ],
])('a group with %s is refused, pointing at it', async (_, body, pointer) => {
  const answer = await create(body);
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'validation']);
  expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
});

test('a body that is not JSON, of another type or too large gets a problem of its own', async () => {
  const table = [
    [400, 'validation', { body: '{"a": ' }],
    [415, 'unsupported_media_type', { body: '<a/>', headers: { 'content-type': 'application/xml' } }],
    [413, 'too_large', { body: { name: 'x'.repeat(2_000_000), selector: {} } }],
  ] as const;
  for (const [status, code, options] of table) {
    const answer = await fleet.call('POST', GROUPS, options);
    expect([answer.statusCode, answer.json().status, answer.json().code]).toEqual([status, status, code]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  }
});
