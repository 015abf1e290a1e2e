import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { recordEvents } from '#core/events/record-events.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { sql } from '#core/kernel/sql.ts';
import { ensureSystemTenant } from '#core/tenants/ensure-tenant.ts';
import { strangersAnswers } from '#test/guards/tenant-isolation.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { startTestEvents } from '#test/support/events.ts';
import { startReceiver } from '#test/support/receiver.ts';
import { recordingsIn, releasesIn } from '#test/support/releases.ts';
import { contextOf, type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { testHttpApp } from '#test/support/test-http-app.ts';
import { webhookDeliveryOperations } from './operations/webhook-deliveries.ts';
import { webhookOperations } from './operations/webhooks.ts';
import { nativeSurface } from './surface.ts';

let database: TestDatabase;
let app: FastifyInstance;
let events: Awaited<ReturnType<typeof startTestEvents>>;
let mine: SeededTenant & { readonly key: string };
let theirs: SeededTenant & { readonly key: string };
const closing: (() => Promise<void>)[] = [];
const SECRET = 'a-secret-of-thirty-two-characters-or-more';

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const system = await ensureSystemTenant({ db, clock: systemClock });
  const sealer = new Sealer(randomBytes(32));
  events = await startTestEvents(db, sealer);
  ({ app } = await testHttpApp([
    nativeSurface({
      ...events.deps,
      ...{ db, sealer, signIn: [], settings: [], systemTenantId: system.id },
      bus: { publish: () => {} },
      recordings: recordingsIn(db),
      releases: releasesIn(db),
      readOn: async () => ({ kind: 'all' }),
      authorities: { all: [], rotateIntermediate: () => Promise.reject(new Error('not here')) },
      auditKeys: new AuditKeys(randomBytes(32)),
      keyRing: new KeyRing({ db, clock: systemClock, systemTenantId: system.id, configured: {} }),
    }),
  ]));
  const scopes = ['garrison.webhooks.read', 'garrison.webhooks.write'];
  [mine, theirs] = [await tenantWith(scopes), await tenantWith(scopes)];
});
afterEach(async () => {
  await database.db.execute(sql`delete from event_cursors`);
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await app.close();
  await events.stop();
  await database.close();
});

async function tenantWith(scopes: readonly string[]) {
  const tenant = await seedTenant(database.db);
  const made = await createKey(contextOf(tenant), database, { kind: 'scoped', name: 'k', scopes });
  return { ...tenant, key: made.secret.reveal() };
}

async function call(method: string, path: string, body?: object, key = mine.key) {
  const answer = await app.inject({
    method: method as 'GET',
    url: `/v1/webhooks${path}`,
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, text: answer.body, json: answer.body === '' ? undefined : answer.json() };
}

async function receiver(...args: Parameters<typeof startReceiver>) {
  const made = await startReceiver(...args);
  closing.push(() => made.close());
  return made;
}

async function create(url: string, types: readonly string[]) {
  const { status, json } = await call('POST', '', { url, secret: SECRET, types });
  expect([status, json.message]).toEqual([201, undefined]);
  return json;
}

const secretSet = (name: string) => ({ type: 'secret.set', subject: newId(), data: { kind: 'git', name } }) as const;

const tell = (...told: readonly object[]) =>
  recordEvents(database.db, told.map((one) => ({ tenantId: mine.tenantId, ...one })) as never);

const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 20_000, interval: 20 }).toEqual(wanted);

test('a webhook is for every type that was named, by its beginning too, and gets nothing else', async () => {
  const { url, received } = await receiver();
  const made = await create(url, ['run.*', 'garrison.outpost.status_changed', 'edge.node.registered', 'secret.set']);
  expect(made.types).toEqual([
    'garrison.run.finished',
    'garrison.run.started',
    'garrison.outpost.status_changed',
    'edge.node.registered',
    'garrison.secret.set',
  ]);
  const outpost = { outpostId: newId(), name: 'o', status: 'active', previousStatus: 'pending' };
  await tell({ ...secretSet('x'), type: 'secret.removed' }, secretSet('a'), {
    type: 'outpost.status_changed',
    subject: outpost.outpostId,
    data: outpost,
  });
  await until(
    () => received.map(({ body }) => JSON.parse(body).type).toSorted(),
    ['garrison.outpost.status_changed', 'garrison.secret.set'],
  );
  // a delivery is written down once the receiver has answered
  await until(async () => {
    const { json } = await call('GET', `/${made.id}/deliveries?outcome=delivered`);
    return json.items.map((one: { event_type: string }) => one.event_type).toSorted();
  }, ['garrison.outpost.status_changed', 'garrison.secret.set']);
});

test.each([
  ['a type that nothing has', { types: ['garrison.node.exploded'] }, /garrison\.node\.exploded; the types are/],
  ['a beginning that nothing has', { types: ['exploded.*'] }, /unknown: exploded/],
  ['a header of ours', { headers: { 'X-Edge-Signature': 'x' } }, /set by Garrison/],
  ['a password in the URL', { url: 'http://u:p@a.example/' }, /user or a password/],
])('%s is refused, with the reason', async (_, wrong, reason) => {
  const { status, text } = await call('POST', '', {
    url: 'http://127.0.0.1:1/',
    secret: SECRET,
    types: ['run.*'],
    ...wrong,
  });
  expect([status, text]).toEqual([422, expect.stringMatching(reason)]);
});

test('a webhook is changed: another address, other types, paused and resumed; what is left out stays', async () => {
  const [first, second] = [await receiver(), await receiver()];
  const made = await create(first.url, ['secret.set']);
  const moved = await call('PATCH', `/${made.id}`, { url: second.url, types: ['secret.*'] });
  expect(moved.json).toMatchObject({ url: second.url, types: ['garrison.secret.removed', 'garrison.secret.set'] });
  const paused = await call('PATCH', `/${made.id}`, { is_paused: true, pause_reason: 'moving' });
  expect(paused.json).toMatchObject({ url: second.url, pause_reason: 'moving', paused_at: expect.any(String) });
  await tell({ ...secretSet('x'), type: 'secret.removed' });
  const resumed = await call('PATCH', `/${made.id}`, { is_paused: false });
  expect(resumed.json).toMatchObject({ paused_at: null, pause_reason: null });
  await until(() => second.received.map(({ body }) => JSON.parse(body).type), ['garrison.secret.removed']);
  expect(first.received).toEqual([]);
  for (const wrong of [{ url: 'http://u:p@a.example/' }, { types: ['no'] }, { pause_reason: 'alone' }])
    expect((await call('PATCH', `/${made.id}`, wrong)).status).toBe(422);
  expect((await call('PATCH', `/${made.id}`, { nothing: 1 })).status).toBe(422);
});

test('it is tested, what was sent is sent again, and its secret is rotated', async () => {
  const { url, received } = await receiver();
  const made = await create(url, ['secret.set']);
  const tested = await call('POST', `/${made.id}/test`);
  await until(() => received.map(({ body }) => JSON.parse(body).id), [tested.json.event_id]);
  expect((await call('POST', `/${made.id}/rotate_secret`, { secret: 'b'.repeat(32) })).status).toBe(200);
  await until(
    async () => (await call('POST', `/${made.id}/redeliver`, { event_id: tested.json.event_id })).status,
    202,
  );
  await until(() => received.length, 2);
  expect(received[1]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
  expect((await call('POST', `/${made.id}/redeliver`, {})).status).toBe(422);
});

test('webhooks and attempts are listed in pages, newest first', async () => {
  const { url, received } = await receiver();
  const ids: string[] = [];
  for (let one = 0; one < 3; one += 1) ids.unshift((await create(url, ['secret.set'])).id);
  const first = (await call('GET', '?limit=2')).json;
  const second = (await call('GET', `?limit=2&cursor=${first.next_cursor}`)).json;
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
  expect(second.next_cursor).toBeNull();
  for (let one = 0; one < 3; one += 1) await call('POST', `/${ids[0]}/test`);
  await until(() => received.length, 3);
  const listed = async (query: string) => (await call('GET', `/${ids[0]}/deliveries?limit=2${query}`)).json;
  await until(async () => (await listed('')).items.length, 2);
  const page = await listed('');
  await until(async () => (await listed(`&cursor=${page.next_cursor}`)).items.length, 1);
  expect((await call('DELETE', `/${ids[0]}`)).status).toBe(204);
  expect((await call('GET', `/${ids[0]}`)).status).toBe(404);
  expect((await call('GET', '?cursor=nonsense')).status).toBe(422);
});

test('what belongs to another tenant is as unknown as what does not exist', async () => {
  const made = await create('http://127.0.0.1:1/', ['run.*']);
  const operations = [...webhookOperations, ...webhookDeliveryOperations];
  const wrong = await strangersAnswers({
    operations: operations as never,
    params: Object.fromEntries(operations.map(({ path }) => [path, { webhook_id: made.id }])),
    bodies: {
      updateWebhook: { is_paused: true },
      rotateSecret: { secret: 'y'.repeat(32) },
      redeliver: { since: '2026-01-01T00:00:00Z' },
    },
    exempt: {},
    ask: (method, path, body) => call(method, path.replace('/v1/webhooks', ''), body, theirs.key),
  });
  expect(wrong).toEqual([]);
  expect((await call('GET', '', undefined, theirs.key)).json.items).toEqual([]);
});

test('it takes the scopes of webhooks, those to write for changes', async () => {
  const reader = await tenantWith(['garrison.webhooks.read', 'edge-admin.write']);
  const body = { url: 'http://127.0.0.1:1/', secret: SECRET, types: ['run.*'] };
  expect((await call('GET', '', undefined, reader.key)).status).toBe(200);
  expect((await call('POST', '', body, reader.key)).status).toBe(403);
  const nobody = await tenantWith(['edge-admin.read', 'edge-admin.write']);
  expect((await call('GET', '', undefined, nobody.key)).status).toBe(403);
});
