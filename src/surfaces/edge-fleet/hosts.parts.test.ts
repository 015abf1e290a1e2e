import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';
import { type NodeSeed, seedController, seedNodes } from '#test/support/seed-nodes.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(() => fleet.close());

/** Hosts in a tenant of their own would need a credential of their own: they are told apart by a tag instead. */
async function setup(...seeds: NodeSeed[]) {
  const tag = `t${newId()}`;
  const ids = await seedNodes(
    fleet.database.db,
    fleet.tenant,
    seeds.map((seed) => ({ ...seed, tags: [...(seed.tags ?? []), tag] })),
  );
  return { tag, ids: ids.map((id) => `n-${id}`), id: `n-${ids[0]}` };
}

test('a host shows what the contract says, empty facts as null', async () => {
  const at = new Date('2026-11-01T10:00:00.900Z');
  const { id, tag } = await setup({
    name: 'web',
    os: '',
    version: '',
    labels: { region: 'eu' },
    localTools: ['docker'],
    enrolledAt: at,
    lastSeenAt: at,
    closedAt: new Date('2026-11-01T11:00:00Z'),
  });
  const answer = await fleet.call('GET', `/v1/edge/hosts/${id}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    node_id: id,
    name: 'web',
    tenant_id: fleet.tenant.slug,
    status: 'Disconnected',
    since: '2026-11-01T11:00:00Z',
    last_heartbeat_at: '2026-11-01T10:00:00Z',
    tags: [tag],
    capabilities: {
      os: null,
      arch: 'x86_64',
      local_tools: ['docker'],
      labels: { region: 'eu' },
      mount_points: [],
      invocable_tools: [],
      version: null,
    },
    enrolled_at: '2026-11-01T10:00:00Z',
    recent_commands: [],
  });
});

test('the bare UUID of a host is read too, anything else is unknown', async () => {
  const { id } = await setup({});
  expect((await fleet.call('GET', `/v1/edge/hosts/${id.slice(2)}`)).json().node_id).toBe(id);
  for (const other of ['somebody', `g-${id.slice(2)}`, `n-${newId()}`, '%20']) {
    const answer = await fleet.call('GET', `/v1/edge/hosts/${other}`);
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found']);
  }
});

test.each([
  ['every tag', 'tag=a&tag=b', ['ab']],
  ['every label', 'label=k%3D1&label=l%3D', ['labels']],
  ['a label whose value holds an equals sign', 'label=e%3Dx%3Dy', ['labels']],
  ['a label nobody has', 'label=k%3D2', []],
  ['connected hosts', 'connected=true', ['here']],
  ['the others', 'connected=false', ['ab', 'labels']],
])('a list can be narrowed to %s', async (_, query, names) => {
  const controllerId = await seedController(fleet.database.db, new Date(Date.now() + 60_000));
  const { tag } = await setup(
    { name: 'ab', tags: ['a', 'b'] },
    { name: 'here', tags: ['a'], controllerId },
    { name: 'labels', labels: { k: '1', l: '', e: 'x=y' } },
  );
  const { items } = (await fleet.call('GET', `/v1/edge/hosts?${query}&tag=${tag}`)).json();
  expect(items.map((host: { name: string }) => host.name)).toEqual(names);
});

test('pages follow the cursor and give every host once', async () => {
  const { tag, ids } = await setup({ name: 'c' }, { name: 'a' }, { name: 'b' }, { name: 'b' });
  const seen: string[] = [];
  let cursor = '';
  for (let pages = 0; pages < 4; pages += 1) {
    const { items, next_cursor } = (await fleet.call('GET', `/v1/edge/hosts?limit=1&tag=${tag}${cursor}`)).json();
    seen.push(...items.map((host: { node_id: string }) => host.node_id));
    if (next_cursor === null) break;
    cursor = `&cursor=${next_cursor}`;
  }
  expect(seen).toHaveLength(4);
  expect(new Set(seen)).toEqual(new Set(ids));
  expect([seen[0], seen[3]]).toEqual([ids[1], ids[0]]);
});

test.each([
  ['limit=0', 'limit'],
  ['limit=201', 'limit'],
  ['limit=many', 'limit'],
  ['connected=maybe', 'connected'],
  ['label=region', 'label.0'],
  ['label=%3Dvalue', 'label.0'],
  ['tag=', 'tag.0'],
  ['cursor=!!', 'cursor'],
])('a list with %s is refused and the parameter is named', async (query, parameter) => {
  const answer = await fleet.call('GET', `/v1/edge/hosts?${query}`);
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json()).toMatchObject({ status: 400, code: 'validation', errors: [{ parameter }] });
});

test('a name is changed without the tags, and the tags without the name', async () => {
  const { id, tag } = await setup({ name: 'old' });
  const renamed = await fleet.call('PATCH', `/v1/edge/hosts/${id}`, { body: { name: 'new' } });
  expect(renamed.json()).toMatchObject({ name: 'new', tags: [tag] });
  const tagged = await fleet.call('PATCH', `/v1/edge/hosts/${id}`, { body: { tags: ['x', 'y', 'x'] } });
  expect(tagged.json()).toMatchObject({ name: 'new', tags: ['x', 'y'] });
  expect((await fleet.call('PATCH', `/v1/edge/hosts/${id}`, { body: {} })).json()).toEqual(tagged.json());
});

test.each<[string, object, string]>([
  ['a blank name', { name: ' \t' }, '#/name'],
  ['an empty name', { name: '' }, '#/name'],
  ['a name that is a number', { name: 5 }, '#/name'],
  ['null tags', { tags: null }, '#/tags'],
  ['a tag with capitals', { tags: ['ok', 'Prod'] }, '#/tags/1'],
  ['65 tags', { tags: Array.from({ length: 65 }, (_, i) => `t${i}`) }, '#/tags'],
  ['an unknown field', { colour: 'red' }, '#/colour'],
])('a change of a host with %s is refused, pointing at it', async (_, body, pointer) => {
  const { id } = await setup({ name: 'web' });
  const answer = await fleet.call('PATCH', `/v1/edge/hosts/${id}`, { body });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  expect((await fleet.call('GET', `/v1/edge/hosts/${id}`)).json().name).toBe('web');
});

test('what a pattern asks for is told in words', async () => {
  const { id } = await setup({ name: 'web' });
  const answer = await fleet.call('PATCH', `/v1/edge/hosts/${id}`, { body: { tags: ['Prod'] } });
  expect(answer.json().errors[0].detail).toBe(
    'must be of lower-case letters, digits and . _ : / -, with a letter or digit first',
  );
});

test('tags are added and removed in one step; either list may be left out', async () => {
  const { id, tag } = await setup({ tags: ['a'] });
  const path = `/v1/edge/hosts/${id}/tags`;
  expect((await fleet.call('POST', path, { body: { add: ['b'], remove: ['a', 'never'] } })).json().tags).toEqual([
    tag,
    'b',
  ]);
  expect((await fleet.call('POST', path, { body: { add: ['c'] } })).json().tags).toEqual([tag, 'b', 'c']);
  expect((await fleet.call('POST', path, { body: {} })).json().tags).toEqual([tag, 'b', 'c']);
  const both = await fleet.call('POST', path, { body: { add: ['x'], remove: ['x'] } });
  expect([both.statusCode, both.json().errors[0].pointer]).toEqual([400, '#/remove']);
});

test('a revoked host stays with its name and tags; revoking again is no error, its session is ended', async () => {
  const [node] = await fleet.connect([{ name: 'gone', tags: ['keep'] }]);
  const path = `/v1/edge/hosts/n-${node?.nodeId}`;
  expect((await fleet.call('GET', path)).json().status).toBe('Connected');
  const revoked = await fleet.call('DELETE', path);
  expect([revoked.statusCode, revoked.body]).toEqual([204, '']);
  expect(node?.isRevoked).toBe(true);
  expect((await fleet.call('DELETE', path)).statusCode).toBe(204);
  expect((await fleet.call('GET', path)).json()).toMatchObject({ name: 'gone', status: 'Revoked', tags: ['keep'] });
});

test('whoever changes something is in the audit log with the id', async () => {
  const { id } = await setup({});
  await fleet.call('POST', `/v1/edge/hosts/${id}/tags`, { body: { add: ['a'] } });
  expect(fleet.audited.at(-1)).toMatchObject({ action: 'host.change_tags', object: id, outcome: 'ok' });
});
