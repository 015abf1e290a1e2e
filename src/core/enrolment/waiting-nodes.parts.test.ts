import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCertificates } from '#test/support/certificates.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { newSigningRequest } from '#test/support/signing-request.ts';
import { ClientCertificates } from '../certificates/client-certificates.ts';
import { issueCertificate } from '../certificates/issue-certificate.ts';
import { ManualClock } from '../kernel/clock.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import { admitNode, listWaitingNodes } from './admit-node.ts';
import { noteWaitingNode } from './waiting-nodes.ts';

let database: TestDatabase;
let clock: ManualClock;
let tenant: SeededTenant;
let services: Awaited<ReturnType<typeof startCertificates>>;

beforeEach(async () => {
  database = await testDatabase();
  clock = new ManualClock(Date.now());
  services = await startCertificates({ db: database.db, clock });
  tenant = await seedTenant(database.db);
});

afterEach(async () => {
  await services.stop();
  await database.close();
});

const ctx = () => contextOf(tenant, clock);

/** A certificate of ours that the database has forgotten. */
async function forgottenCertificate(nodeId: NodeId, from = services): Promise<Buffer> {
  const { publicKey } = services.pki.readSigningRequest(newSigningRequest().csr) as { publicKey: Buffer }; // made here
  const subject = { purpose: 'node' as const, tenantId: tenant.tenantId, nodeId };
  const issued = await database.db.transaction((tx) => issueCertificate(tx, from, subject, publicKey));
  await database.db.execute(sql`delete from certificates where serial = ${issued.serial}`);
  return new X509Certificate(issued.certificatePem).raw;
}

async function arrive(certificate: Buffer, hostname = 'web-1'): Promise<boolean> {
  return noteWaitingNode(services, { certificate, hostname, address: '192.0.2.7' });
}

test('a node nobody knows is seen at the door, let in under its id, and not asked twice', async () => {
  const nodeId = newId<NodeId>();
  const certificate = await forgottenCertificate(nodeId);
  expect(await arrive(certificate)).toBe(true);
  expect(await arrive(certificate)).toBe(true);
  expect(await listWaitingNodes(ctx(), services)).toMatchObject([{ nodeId, hostname: 'web-1', address: '192.0.2.7' }]);
  await admitNode(ctx(), services, nodeId);
  expect(await listWaitingNodes(ctx(), services)).toEqual([]);
  const fingerprint = Buffer.from(new X509Certificate(certificate).fingerprint256.replaceAll(':', ''), 'hex');
  expect(await new ClientCertificates(services).identify(fingerprint)).toMatchObject({ nodeId, objection: 'none' });
  const [node] = await database.db.query(sql`select name, tenant_id as "tenantId" from nodes where id = ${nodeId}`);
  expect(node).toEqual({ name: 'web-1', tenantId: tenant.tenantId });
  await expect(admitNode(ctx(), services, nodeId)).rejects.toMatchObject({ code: 'not_found' });
});

test('a node that is known under an older certificate keeps its name', async () => {
  const [nodeId] = await seedNodes(database.db, tenant, [{ name: 'db-1' }]);
  if (nodeId === undefined) return expect.fail();
  await arrive(await forgottenCertificate(nodeId));
  await admitNode(ctx(), services, nodeId);
  const [node] = await database.db.query(sql`select name from nodes where id = ${nodeId}`);
  expect(node).toEqual({ name: 'db-1' });
});

test('one that the database calls revoked is not let in, and still waits', async () => {
  const [nodeId] = await seedNodes(database.db, tenant, [{ revokedAt: new Date() }]);
  if (nodeId === undefined) return expect.fail();
  await arrive(await forgottenCertificate(nodeId));
  await expect(admitNode(ctx(), services, nodeId)).rejects.toMatchObject({ code: 'conflict' });
  expect(await listWaitingNodes(ctx(), services)).toHaveLength(1);
});

test('one whose certificate has ended is not let in', async () => {
  const nodeId = newId<NodeId>();
  await arrive(await forgottenCertificate(nodeId));
  clock.advance(91 * 86_400_000);
  await expect(admitNode(ctx(), services, nodeId)).rejects.toMatchObject({ code: 'conflict' });
});

test('a certificate that only says it is ours is nobody’s: it does not even wait', async () => {
  const stranger = await testDatabase();
  const elsewhere = await startCertificates({ db: stranger.db, clock });
  const forged = await forgottenCertificateOf(elsewhere, stranger);
  expect(await arrive(forged)).toBe(false);
  await elsewhere.stop();
  await stranger.close();
});

test('the tenant sees and lets in its own only', async () => {
  const nodeId = newId<NodeId>();
  await arrive(await forgottenCertificate(nodeId));
  const other = contextOf(await seedTenant(database.db), clock);
  expect(await listWaitingNodes(other, services)).toEqual([]);
  await expect(admitNode(other, services, nodeId)).rejects.toMatchObject({ code: 'not_found' });
});

async function forgottenCertificateOf(elsewhere: typeof services, stranger: TestDatabase): Promise<Buffer> {
  const { publicKey } = services.pki.readSigningRequest(newSigningRequest().csr) as { publicKey: Buffer }; // made here
  const subject = {
    purpose: 'node' as const,
    tenantId: (await seedTenant(stranger.db)).tenantId,
    nodeId: newId<NodeId>(),
  };
  const issued = await stranger.db.transaction((tx) => issueCertificate(tx, elsewhere, subject, publicKey));
  return new X509Certificate(issued.certificatePem).raw;
}
