import { afterEach, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

let admin: EdgeAdminApp;
afterEach(() => admin.close());

const PUBLIC = '/api/v1/clusters/default/enrollment_keys/public';
const DEFAULT = '/api/v1/clusters/default/enrollment_keys';

test('the blob tells a host where to go and what to trust there', async () => {
  admin = await edgeAdminApp();
  const answer = await admin.call('POST', `/api/v1/clusters/${admin.tenant.clusterName}/enrollment_keys`, { body: {} });
  const { data } = answer.json();
  expect(answer.headers.location).toBe(`/api/v1/enrollment_keys/${data.id}`);
  expect(JSON.parse(Buffer.from(data.key, 'base64').toString())).toEqual({
    admin_urls: ['https://relay.example.com'],
    endpoints: ['relay.example.com:7071'],
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    ca_sha256: 'ab'.repeat(32),
  });
});

test('anybody gets a key for one use of the default cluster, a few times a minute', async () => {
  admin = await edgeAdminApp();
  const answers = [];
  for (let call = 0; call < 11; call += 1) answers.push(await admin.call('POST', PUBLIC, { as: null }));
  expect(answers.map((answer) => answer.statusCode)).toEqual([...Array(10).fill(201), 429]);
  expect(answers[0]?.json().data).toMatchObject({
    cluster_name: admin.tenant.clusterName,
    uses_remaining: 1,
    name: null,
    expired_at: null,
  });
  const keys = answers.slice(0, 10).map((answer) => answer.json().data.key);
  expect(new Set(keys).size).toBe(10);
  expect(Number(answers[10]?.headers['retry-after'])).toBeGreaterThan(0);
});

test.each([
  ['public keys are not enabled', { isPublicKeyEnabled: false }, PUBLIC, null],
  ['no default cluster is configured', { defaultClusterName: undefined }, PUBLIC, null],
  ['no default cluster is configured', { defaultClusterName: undefined }, DEFAULT, undefined],
] as const)('403 where %s (%o)', async (_, settings, path, as) => {
  admin = await edgeAdminApp(settings);
  const answer = await admin.call('POST', path, { body: {}, ...(as === null && { as }) });
  expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'forbidden']);
});

test.each([PUBLIC, DEFAULT])('404 where the default cluster is gone: %s', async (path) => {
  admin = await edgeAdminApp({ defaultClusterName: 'gone' });
  expect((await admin.call('POST', path, { body: {} })).statusCode).toBe(404);
});

test('in degraded mode no key is made, changed or deleted; reading goes on', async () => {
  admin = await edgeAdminApp();
  const made = await admin.call('POST', DEFAULT, { body: {} });
  const { id } = made.json().data;
  await admin.database.db.execute(sql`update controllers set capacity = 1`);
  await seedNodes(admin.database.db, admin.tenant, [{}, {}]);
  for (const [method, path] of [
    ['POST', DEFAULT],
    ['POST', PUBLIC],
    ['PATCH', `/api/v1/enrollment_keys/${id}`],
    ['DELETE', `/api/v1/enrollment_keys/${id}`],
  ] as const) {
    const answer = await admin.call(method, path, method === 'DELETE' ? {} : { body: {} });
    expect([method, answer.statusCode, answer.json().error.code]).toEqual([method, 503, 'degraded_mode']);
  }
  expect((await admin.call('GET', `/api/v1/enrollment_keys/${id}`)).statusCode).toBe(200);
});

test.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00', '2026-12-31T23:59:60Z'])(
  'an end of %s, which no database can hold, is refused as a form',
  async (expiredAt) => {
    admin = await edgeAdminApp();
    const answer = await admin.call('POST', DEFAULT, { body: { expired_at: expiredAt } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.details).toEqual({ expired_at: ['Invalid format. Expected :date-time'] });
  },
);
