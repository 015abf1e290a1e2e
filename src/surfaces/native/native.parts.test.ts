import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KeyRing } from '#core/access/key-ring.ts';
import { EDGE_FLEET_SCOPES } from '#core/access/scopes.ts';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { AuditWriter } from '#core/audit/audit-writer.ts';
import { IdempotencyStore } from '#core/idempotency/idempotency-store.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { ensureSystemTenant } from '#core/tenants/ensure-tenant.ts';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { unstartedEvents } from '#test/support/events.ts';
import { recordingsIn, releasesIn } from '#test/support/releases.ts';
import { publicPrincipal, testHttpApp } from '#test/support/test-http-app.ts';
import { nativeSurface } from './surface.ts';

/** `certificates.parts.test.ts` has real ones. */
const noAuthorities = { all: [], rotateIntermediate: () => Promise.reject(new Error('not here')) };

let database: TestDatabase;
let app: FastifyInstance;
let audit: AuditWriter;
const auditKeys = new AuditKeys(randomBytes(32));

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const clock = systemClock;
  const system = await ensureSystemTenant({ db, clock });
  audit = new AuditWriter({ db, log: silentLog, clock, keys: auditKeys });
  const keyRing = new KeyRing({
    db,
    clock,
    systemTenantId: system.id,
    configured: { master: new Secret('the-master'), api: new Secret('the-api'), metrics: new Secret('the-metrics') },
  });
  const sealer = new Sealer(randomBytes(32));
  ({ app } = await testHttpApp(
    [
      nativeSurface({
        recordings: recordingsIn(db),
        bus: { publish: () => {} },
        releases: releasesIn(db),
        db,
        keyRing,
        authorities: noAuthorities,
        auditKeys,
        signIn: [],
        settings: [],
        systemTenantId: system.id,
        sealer,
        readOn: async () => ({ kind: 'all' }),
        ...unstartedEvents(db, sealer),
      }),
    ],
    {
      audit,
      idempotency: new IdempotencyStore({ db, clock, sealer: new Sealer(randomBytes(32)) }),
      publicPrincipal: publicPrincipal(system.id),
    },
  ));
});

afterAll(async () => {
  await app.close();
  await audit.stop();
  await database.close();
});

async function call(
  key: string,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: object,
  headers: Record<string, string> = {},
) {
  const answer = await app.inject({
    method,
    url,
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { payload: JSON.stringify(body) }),
  });
  const json = answer.body === '' ? undefined : answer.json();
  return { status: answer.statusCode, headers: answer.headers, json };
}

async function createOrg(name: string): Promise<{ id: string; api_key: string }> {
  const { status, json } = await call('the-master', 'POST', '/v1/orgs', { name });
  expect(status).toBe(201);
  return json;
}

async function createToken(scopes: readonly string[]): Promise<{ id: string; api_key: string }> {
  const { status, json } = await call('the-api', 'POST', '/v1/keys', { name: 'token', scopes });
  expect(status).toBe(201);
  return json;
}

test('an org has a first key, more keys, and a list that shows none of them', async () => {
  const org = await createOrg('Acme');
  const more = await call('the-master', 'POST', `/v1/orgs/${org.id}/keys`, {});
  expect(more.json).toMatchObject({
    org_id: org.id,
    kind: 'arb',
    api_key: expect.stringMatching(/^arb_[0-9a-f]{64}$/),
  });
  const list = await call('the-master', 'GET', `/v1/orgs/${org.id}/keys`);
  expect(list.json.items.map((key: { hint: string }) => key.hint)).toEqual([
    org.api_key.slice(-4),
    more.json.api_key.slice(-4),
  ]);
  expect(JSON.stringify(list.json)).not.toContain(org.api_key.slice(4, 40));
});

test('a revoked key of an org is not known any more', async () => {
  const org = await createOrg('Revoked');
  const [first] = (await call('the-master', 'GET', `/v1/orgs/${org.id}/keys`)).json.items;
  expect((await call(org.api_key, 'GET', '/v1/me')).json).toMatchObject({ org_id: org.id, is_master: false });
  expect((await call('the-master', 'DELETE', `/v1/orgs/${org.id}/keys/${first.id}`)).status).toBe(204);
  expect((await call(org.api_key, 'GET', '/v1/me')).status).toBe(401);
  expect((await call('the-master', 'DELETE', `/v1/orgs/${org.id}/keys/${first.id}`)).status).toBe(204);
});

test.each([
  ['POST', '/v1/orgs', { name: 'x' }],
  ['GET', '/v1/orgs', undefined],
] as const)('%s %s is for the master key alone', async (method, url, body) => {
  const org = await createOrg('Other');
  for (const key of [org.api_key, 'the-api', 'the-metrics'])
    expect((await call(key, method, url, body)).status).toBe(403);
  for (const key of ['', 'nobody']) expect((await call(key, method, url, body)).status).toBe(401);
});

test('an org that does not exist and an id of another form are the same 404', async () => {
  const answers = [];
  for (const org of ['0195a6c0-0000-7000-8000-000000000000', 'org_01HZ_ACME'])
    answers.push(await call('the-master', 'GET', `/v1/orgs/${org}/keys`));
  const unknown = { status: 404, json: { error: 'not_found', message: 'organisation not found', detail: null } };
  expect(answers.map(({ status, json }) => ({ status, json }))).toEqual([unknown, unknown]);
});

test('a key of one org cannot be revoked in another', async () => {
  const [one, other] = [await createOrg('One'), await createOrg('Two')];
  const [key] = (await call('the-master', 'GET', `/v1/orgs/${one.id}/keys`)).json.items;
  expect((await call('the-master', 'DELETE', `/v1/orgs/${other.id}/keys/${key.id}`)).status).toBe(404);
  expect((await call(one.api_key, 'GET', '/v1/me')).status).toBe(200);
});

test.each([
  ['no name', {}, 'name'],
  ['an empty name', { name: '' }, 'name'],
  ['a name that is too long', { name: 'n'.repeat(129) }, 'name'],
])('%s is a validation error that names the field', async (_, body, field) => {
  const { status, json } = await call('the-master', 'POST', '/v1/orgs', body);
  expect([status, json.error]).toEqual([422, 'validation_error']);
  expect(json.detail).toContain(field);
});

test('a repeated idempotency key makes no second org and shows no key again', async () => {
  const headers = { 'idempotency-key': 'once' };
  const name = 'Idempotent';
  expect((await call('the-master', 'POST', '/v1/orgs', { name }, headers)).status).toBe(201);
  const again = await call('the-master', 'POST', '/v1/orgs', { name }, headers);
  expect([again.status, again.json.error]).toEqual([409, 'conflict']);
  const [count] = await database.db.query<{ count: number }>(sql`select count(*) from tenants where name = ${name}`);
  expect(count?.count).toBe(1);
});

test('which releases there are is read with a scope; they are published by the master key alone', async () => {
  const reader = await createToken(['garrison.releases.read']);
  const other = await createToken(['audit.read']);
  const status = async (key: string, method: 'GET' | 'POST', url: string) =>
    (await call(key, method, url, method === 'POST' ? { signature: 's' } : undefined)).status;
  expect(await status(reader.api_key, 'GET', '/v1/releases')).toBe(200);
  expect(await status(reader.api_key, 'GET', '/v1/release_key')).toBe(404); // none is set
  expect(await status(other.api_key, 'GET', '/v1/releases')).toBe(403);
  for (const key of [reader.api_key, 'the-api']) expect(await status(key, 'POST', '/v1/releases')).toBe(403);
});

test('a token has its scopes, and gives no others', async () => {
  const token = await createToken([...EDGE_FLEET_SCOPES, 'keys.manage']);
  expect((await call(token.api_key, 'GET', '/v1/me')).json.scopes).toEqual(
    [...EDGE_FLEET_SCOPES, 'keys.manage'].sort(),
  );
  const asked = { name: 'more', scopes: ['audit.read'] };
  expect((await call(token.api_key, 'POST', '/v1/keys', asked)).status).toBe(403);
  expect((await call(token.api_key, 'POST', '/v1/keys', { name: 'api', kind: 'api' })).status).toBe(403);
  expect((await call(token.api_key, 'GET', '/v1/audit')).json.error).toBe('insufficient_scope');
});

test('a rule says what a token may reach; another tenant sees none, and whoever is bound changes none', async () => {
  const token = await createToken(['keys.manage', 'garrison.proxy.use']);
  const rule = { subject: token.id, allow: [{ on: 'tags=web', kinds: ['port'], ports: ['443', '8000-8010'] }] };
  expect((await call('the-api', 'PUT', '/v1/reach-rules', rule)).json).toMatchObject(rule);
  const wrong = [{ on: 'all', ports: ['0'] }, { on: 'all', hosts: ['10.0.0.0/99'] }, { on: 'all', kinds: ['all'] }, {}];
  for (const allowance of wrong) {
    const answer = await call('the-api', 'PUT', '/v1/reach-rules', { ...rule, allow: [allowance] });
    expect([answer.status, allowance]).toEqual([422, allowance]);
  }
  const org = await createOrg('Elsewhere');
  const stranger = (
    await call('the-master', 'POST', `/v1/orgs/${org.id}/keys`, { kind: 'scoped', name: 's', scopes: ['keys.manage'] })
  ).json.api_key;
  expect((await call(stranger, 'GET', '/v1/reach-rules')).json.items).toEqual([]);
  expect((await call(stranger, 'DELETE', `/v1/reach-rules/${token.id}`)).status).toBe(404);
  const child = (await call(token.api_key, 'POST', '/v1/keys', { name: 'child', scopes: ['garrison.proxy.use'] })).json;
  const { items } = (await call('the-api', 'GET', '/v1/reach-rules')).json;
  expect(items).toMatchObject([rule, { ...rule, subject: child.id }]);
  expect((await call(token.api_key, 'DELETE', `/v1/reach-rules/${token.id}`)).status).toBe(403);
  expect((await call('the-api', 'DELETE', `/v1/reach-rules/${token.id}`)).status).toBe(204);
  expect((await call('the-api', 'DELETE', `/v1/reach-rules/${token.id}`)).status).toBe(404);
  const { json } = await call('the-api', 'GET', `/v1/audit?object=${token.id}&limit=9`);
  const said = json.items.map(({ action, outcome }: { action: string; outcome: string }) => `${action} ${outcome}`);
  expect(said).toEqual(
    expect.arrayContaining(['reach_rule.set ok', 'reach_rule.remove forbidden', 'reach_rule.remove ok']),
  );
});

test('what was done is in the audit log of the tenant, whose chain holds', async () => {
  const token = await createToken(['audit.read']);
  await call('the-api', 'DELETE', `/v1/keys/${token.id}`);
  const { json } = await call('the-api', 'GET', `/v1/audit?object=${token.id}&limit=1`);
  expect(json.items).toMatchObject([
    { subject: 'api-key', action: 'key.revoke', outcome: 'ok', address: '127.0.0.1', object: token.id },
  ]);
  const next = await call('the-api', 'GET', `/v1/audit?object=${token.id}&limit=1&cursor=${json.next_cursor}`);
  expect(next.json.items).toMatchObject([{ action: 'key.create', facts: { kind: 'scoped', scopes: ['audit.read'] } }]);
  expect((await call('the-api', 'GET', '/v1/audit/verification')).json).toMatchObject({
    is_intact: true,
    broken_at: null,
  });
});

test('every answer about the audit log names its head, and later the log is held against it', async () => {
  await createToken(['audit.read']);
  const { json, headers } = await call('the-api', 'GET', '/v1/audit?limit=1');
  const head = `${json.head.position}:${json.head.hash}`;
  expect(json.head).toEqual({ position: json.items[0].position, hash: json.items[0].hash });
  expect(headers['garrison-audit-head']).toBe(head);
  await createToken(['audit.read']);
  const since = await call('the-api', 'GET', `/v1/audit/verification?since=${head}`);
  expect(since.json).toMatchObject({ is_intact: true, rows: 1, reason: null });
  expect(since.headers['garrison-audit-head']).toBe(`${since.json.head.position}:${since.json.head.hash}`);
  const other = await call('the-api', 'GET', `/v1/audit/verification?since=${json.head.position}:${'0'.repeat(64)}`);
  expect(other.json).toMatchObject({ is_intact: false, broken_at: json.head.position, reason: 'replaced' });
  const beyond = await call('the-api', 'GET', `/v1/audit/verification?since=99999:${'0'.repeat(64)}`);
  expect(beyond.json).toMatchObject({ is_intact: false, reason: 'cut' });
});

test('the audit log is exported in the order of its chain, in parts that follow each other', async () => {
  const first = await call('the-api', 'GET', '/v1/audit/export?limit=2');
  expect(first.json).toMatchObject({ after: { position: 0 }, items: [{ position: 1 }, { position: 2 }] });
  const next = await call('the-api', 'GET', '/v1/audit/export?after=2&limit=1');
  expect(next.json.after).toEqual({ position: 2, hash: first.json.items[1].hash });
  expect(next.json.items).toMatchObject([{ position: 3 }]);
  const { position } = first.json.head;
  expect((await call('the-api', 'GET', `/v1/audit/export?after=${position}`)).json.items).toEqual([]);
  expect((await call('the-api', 'GET', `/v1/audit/export?after=${position + 1}`)).status).toBe(404);
});

test.each([
  ['a cursor that is none', '/v1/audit?cursor=x'],
  ['a cursor of another list', `/v1/keys?cursor=${Buffer.from('["5","x"]').toString('base64url')}`],
  ['an unknown parameter', '/v1/keys?colour=red'],
])('%s is a validation error', async (_, url) => {
  expect((await call('the-api', 'GET', url)).status).toBe(422);
});

test('the master key sets how much an organisation may have; nobody else does', async () => {
  const org = await createOrg('Bounded');
  const path = `/v1/orgs/${org.id}/quotas`;
  expect(await call('the-master', 'PATCH', path, { keys: 2, groups: 5 })).toMatchObject({
    status: 200,
    json: { quotas: { keys: 2, groups: 5 } },
  });
  expect((await call('the-master', 'POST', `/v1/orgs/${org.id}/keys`, {})).status).toBe(201);
  expect(await call('the-master', 'POST', `/v1/orgs/${org.id}/keys`, {})).toMatchObject({
    status: 409,
    json: {
      error: 'conflict',
      message: 'This tenant may have at most 2 keys that are good: revoke keys that are not needed.',
    },
  });
  expect((await call('the-master', 'PATCH', path, { keys: null })).json).toEqual({ quotas: { groups: 5 } });
  expect((await call('the-master', 'POST', `/v1/orgs/${org.id}/keys`, {})).status).toBe(201);
  expect((await call('the-master', 'PATCH', path, { nonsense: 1 })).status).toBe(422);
  expect((await call('the-master', 'PATCH', path, { keys: -1 })).status).toBe(422);
  expect((await call('the-api', 'PATCH', path, { keys: 5 })).status).toBe(403);
});
