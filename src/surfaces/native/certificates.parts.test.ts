import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pki } from '#adapters/pki/pki.ts';
import { createKey } from '#core/access/create-key.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { issueCertificate } from '#core/certificates/issue-certificate.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type NodeId, newId, type TenantId } from '#core/kernel/ids.ts';
import { Secret } from '#core/kernel/secret.ts';
import { startCertificates } from '#test/support/certificates.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { unstartedEvents } from '#test/support/events.ts';
import { recordingsIn, releasesIn } from '#test/support/releases.ts';
import { contextOf, seedTenant } from '#test/support/seed-nodes.ts';
import { testHttpApp } from '#test/support/test-http-app.ts';
import { nativeSurface } from './surface.ts';

let database: TestDatabase;
let app: FastifyInstance;
let services: Awaited<ReturnType<typeof startCertificates>>;

beforeAll(async () => {
  database = await testDatabase();
  services = await startCertificates({ db: database.db });
  const configured = { master: new Secret('the-master') };
  const keyRing = new KeyRing({ ...services, clock: systemClock, configured });
  ({ app } = await testHttpApp([
    nativeSurface({
      ...services,
      readOn: async () => ({ kind: 'all' }),
      ...unstartedEvents(services.db, services.sealer),
      recordings: recordingsIn(services.db),
      releases: releasesIn(services.db),
      signIn: [],
      settings: [],
      keyRing,
      auditKeys: new AuditKeys(randomBytes(32)),
    }),
  ]));
});

afterAll(async () => {
  await app.close();
  await services.stop();
  await database.close();
});

const call = (key: string, method: 'GET' | 'POST', url: string) =>
  app.inject({ method, url, headers: { 'x-api-key': key } });

async function tenantWithCertificate() {
  const { tenantId } = await seedTenant(database.db);
  const { secret } = await createKey(contextOf({ tenantId }), database, { kind: 'api', name: 'k' });
  return { tenantId, key: secret.reveal(), ...(await issueTo(tenantId)) };
}

async function issueTo(tenantId: TenantId) {
  const nodeId = newId<NodeId>();
  const subject = { purpose: 'node', tenantId, nodeId } as const;
  const { serial } = await issueCertificate(database.db, services, subject, pki.createKeyPair().publicKey);
  return { nodeId, serial };
}

test('a tenant sees its own certificates, the master everybody’s, and nobody a key', async () => {
  const [one, other] = [await tenantWithCertificate(), await tenantWithCertificate()];
  const own = await call(one.key, 'GET', '/v1/certificates');
  expect(own.json().items).toEqual([
    expect.objectContaining({
      serial: one.serial,
      org_id: one.tenantId,
      node_id: one.nodeId,
      revoked_at: null,
      purpose: 'node',
    }),
  ]);
  const all = (await call('the-master', 'GET', '/v1/certificates'))
    .json()
    .items.map((item: { serial: string }) => item.serial);
  expect(all).toEqual(expect.arrayContaining([one.serial, other.serial]));
  expect(own.body).not.toContain('BEGIN');
});

test('the list is narrowed by node and by end, and walked by cursor', async () => {
  const { key, tenantId, nodeId } = await tenantWithCertificate();
  await issueTo(tenantId);
  const items = async (query: string) => (await call(key, 'GET', `/v1/certificates?${query}`)).json().items;
  expect(await items(`node_id=${nodeId}`)).toHaveLength(1);
  expect(await items('ends_within_days=89')).toEqual([]);
  expect(await items('ends_within_days=91')).toHaveLength(2);
  const first = (await call(key, 'GET', '/v1/certificates?limit=1')).json();
  const second = (await call(key, 'GET', `/v1/certificates?limit=1&cursor=${first.next_cursor}`)).json();
  expect(second.items[0].serial).not.toBe(first.items[0].serial);
  expect(second.next_cursor).toBeNull();
  expect((await call(key, 'GET', '/v1/certificates?cursor=nonsense')).statusCode).toBe(422);
});

test('only the master lets a new intermediate sign; everybody with the scope sees the authorities', async () => {
  const { key } = await tenantWithCertificate();
  expect((await call(key, 'POST', '/v1/authorities/rotate-intermediate')).statusCode).toBe(403);
  const made = await call('the-master', 'POST', '/v1/authorities/rotate-intermediate');
  expect(made.statusCode).toBe(201);
  const { items } = (await call(key, 'GET', '/v1/authorities')).json();
  expect(items.map(({ kind, is_issuing }: { kind: string; is_issuing: boolean }) => [kind, is_issuing])).toEqual([
    ['intermediate', true],
    ['intermediate', false],
    ['root', false],
  ]);
  expect(items[0].id).toBe(made.json().id);
});
