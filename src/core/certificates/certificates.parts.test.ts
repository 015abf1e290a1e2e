import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pki } from '#adapters/pki/pki.ts';
import { encodePem } from '#runtime/pem.ts';
import { startCertificates } from '#test/support/certificates.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { newSigningRequest } from '#test/support/signing-request.ts';
import { ManualClock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { type NodeId, newId, type TenantId } from '../kernel/ids.ts';
import { Sealer } from '../kernel/sealer.ts';
import { sql } from '../kernel/sql.ts';
import { MOST_CERTIFICATES, MOST_CERTIFICATES_PER_HOUR } from './certificate-room.ts';
import { ClientCertificates } from './client-certificates.ts';
import { ControllerCertificate } from './controller-certificate.ts';
import { issueCertificate } from './issue-certificate.ts';
import { listCertificates } from './list-certificates.ts';
import { NodeRenewals } from './node-renewals.ts';
import { announceRevocation, revokeCertificatesOfNodes } from './revoke-certificates.ts';
import { revokeOtherCertificates } from './revoke-other-certificates.ts';
import { countCertificates } from './store.ts';
import { warnOfEnding } from './warn-of-ending.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let clock: ManualClock;
let bus: MemoryBus;
let sealer: Sealer;
let dir: string;
const started: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  database = await testDatabase();
  clock = new ManualClock(Date.now());
  bus = new MemoryBus();
  sealer = new Sealer(randomBytes(32));
  dir = mkdtempSync(join(tmpdir(), 'garrison-certificates-'));
});

afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
  await database.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The certificate services of one more controller of the same database. */
async function controller(overrides: { sealer?: Sealer } = {}) {
  const services = await startCertificates({ db: database.db, clock, bus, sealer, ...overrides });
  started.push(services);
  return services;
}

type Controller = Awaited<ReturnType<typeof controller>>;

const tenantId = newId<TenantId>();
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, encoding: 'utf8', stdio: 'pipe' });

function issueTo(services: Controller, nodeId: NodeId = newId(), purpose: 'node' | 'outpost' = 'node') {
  return issueCertificate(database.db, services, { purpose, tenantId, nodeId }, pki.createKeyPair().publicKey);
}

async function revoke(services: Controller, nodeId: NodeId) {
  const revoked = await database.db.transaction((tx) =>
    revokeCertificatesOfNodes(tx, services, { nodeIds: [nodeId], reason: 'cessationOfOperation' }),
  );
  await announceRevocation(services, revoked);
  return revoked;
}

/** Writes trust and lists as an operator gets them, and asks OpenSSL. */
function verifyWithOpenssl(services: Controller, pem: string): string {
  writeFileSync(join(dir, 'ca.pem'), services.authorities.bundlePem);
  writeFileSync(
    join(dir, 'crl.pem'),
    services.revocationLists.all.map(({ der }) => encodePem('X509 CRL', der)).join(''),
  );
  writeFileSync(join(dir, 'leaf.pem'), pem);
  try {
    const at = String(Math.floor(clock.millis() / 1_000));
    return openssl('verify', '-attime', at, '-crl_check_all', '-CAfile', 'ca.pem', '-CRLfile', 'crl.pem', 'leaf.pem');
  } catch (error) {
    return String((error as { stderr: unknown }).stderr); // an ExecException
  }
}

const eventTypes = async () =>
  (await database.db.query<{ type: string }>(sql`select type from events order by created_at, id`)).map(
    ({ type }) => type,
  );

describe('authorities', () => {
  test('two controllers that start at once found one PKI', async () => {
    const [one, other] = await Promise.all([controller(), controller()]);
    expect(one.authorities.all).toEqual(other.authorities.all);
    expect(one.authorities.all.map(({ kind }) => kind)).toEqual(['intermediate', 'root']);
    expect(one.authorities.rootSha256).toBe(
      createHash('sha256').update(new X509Certificate(one.authorities.rootPem).raw).digest('hex'),
    );
    const leaf = await issueTo(other);
    expect(verifyWithOpenssl(one, leaf.certificatePem)).toContain('OK');
  });

  test('no private key is readable in the database', async () => {
    await controller();
    const rows = await database.db.query<{ sealed: Buffer }>(sql`select sealed from sealed_secrets`);
    expect(rows).toHaveLength(2);
    for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toMatch(/BEGIN|PRIVATE/);
  });

  test('a controller with another secret key does not start, and the error says what to do', async () => {
    await controller();
    await expect(controller({ sealer: new Sealer(randomBytes(32)) })).rejects.toThrow(/GARRISON_SECRET_KEY/);
  });

  test('after a rotation the new intermediate signs on every controller, and old leaves stay good', async () => {
    const [one, other] = [await controller(), await controller()];
    const before = await issueTo(one);
    await one.authorities.rotateIntermediate();
    await vi.waitUntil(() => other.authorities.issuing.id === one.authorities.issuing.id, { timeout: 10_000 });
    await other.revocationLists.publish();

    const after = await issueTo(other);
    expect(new X509Certificate(after.certificatePem).issuer).not.toBe(
      new X509Certificate(before.certificatePem).issuer,
    );
    expect(one.authorities.all.map(({ kind }) => kind)).toEqual(['intermediate', 'intermediate', 'root']);
    expect(other.revocationLists.all).toHaveLength(3);
    for (const { certificatePem } of [before, after]) expect(verifyWithOpenssl(other, certificatePem)).toContain('OK');
  });

  test('an intermediate that has little left is replaced by itself, and forgotten at its end', async () => {
    const services = await controller();
    const first = services.authorities.issuing.id;
    await services.stop();
    clock.advance(1_826 * DAY_MS - 179 * DAY_MS);
    const later = await controller();
    expect(later.authorities.issuing.id).not.toBe(first);
    expect(later.authorities.all.map(({ id }) => id)).toContain(first);
    await later.stop();
    clock.advance(179 * DAY_MS);
    expect((await controller()).authorities.all.map(({ id }) => id)).not.toContain(first);
  });

  test('with the key of the root offline everything goes on but rotation', async () => {
    const first = await controller();
    const root = first.authorities.all.at(-1);
    await first.stop();
    await database.db.execute(sql`delete from sealed_secrets where name = ${`authority-key/${root?.id}`}`);
    clock.advance(20 * DAY_MS);
    const services = await controller();
    const leaf = await issueTo(services);
    expect(verifyWithOpenssl(services, leaf.certificatePem)).toContain('OK');
    await expect(services.authorities.rotateIntermediate()).rejects.toThrow(/key of the root/);
  });
});

describe('leaves', () => {
  test('a certificate of a node names it, lives 90 days and begins two hours early, for hosts an hour behind', async () => {
    const services = await controller();
    const nodeId = newId<NodeId>();
    const issued = await issueTo(services, nodeId);
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.subject).toBe(`CN=node-${nodeId}`);
    expect(certificate.subjectAltName).toBe(`URI:spiffe://garrison.internal/org/${tenantId}/node/${nodeId}`);
    expect(certificate.validToDate.getTime() - issued.issuedAt.getTime()).toBe(90 * DAY_MS);
    expect(issued.issuedAt.getTime() - certificate.validFromDate.getTime()).toBe(7_200_000);
    expect(issued.chainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  test('a certificate of an outpost has the long common name of its contract', async () => {
    const services = await controller();
    const nodeId = newId<NodeId>();
    const certificate = new X509Certificate((await issueTo(services, nodeId, 'outpost')).certificatePem);
    expect(certificate.subject).toBe(`CN=outpost-${tenantId}-${nodeId}.arbitex.internal`);
    expect(certificate.subjectAltName).toBe(`URI:spiffe://garrison.internal/org/${tenantId}/outpost/${nodeId}`);
  });

  test('a client certificate is known by its fingerprint: good, ended, revoked, and none of ours', async () => {
    const services = await controller();
    const nodeId = newId<NodeId>();
    const { fingerprint } = await issueTo(services, nodeId);
    const certificates = new ClientCertificates(services);
    const identify = () => certificates.identify(fingerprint);
    expect(await identify()).toMatchObject({ nodeId, tenantId, objection: 'none' });
    clock.advance(90 * DAY_MS);
    expect(await identify()).toMatchObject({ objection: 'ended' });
    clock.advance(-DAY_MS);
    await revoke(services, nodeId);
    expect(await identify()).toMatchObject({ objection: 'revoked' });
    expect(await new ClientCertificates(services).identify(fingerprint)).toMatchObject({ objection: 'revoked' });
    expect(await certificates.identify(randomBytes(32))).toBeUndefined();
  });

  test('the list is paged by end, is the caller’s own, and leaves out what is over', async () => {
    const services = await controller();
    const ids: NodeId[] = [];
    for (let day = 0; day < 5; day++) {
      const nodeId = newId<NodeId>();
      ids.push(nodeId);
      await issueTo(services, nodeId);
      clock.advance(DAY_MS);
    }
    await revoke(services, ids[1] as NodeId); // five were pushed
    const ctx = { tenantId, clock, principal: { isMaster: false } } as unknown as Context; // all that the list looks at
    const first = await listCertificates(ctx, services, { limit: 3 });
    const second = await listCertificates(ctx, services, { limit: 3, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map(({ nodeId }) => nodeId)).toEqual([ids[0], ids[2], ids[3], ids[4]]);
    expect(second.nextCursor).toBeNull();
    expect((await listCertificates(ctx, services, { withOld: true })).items).toHaveLength(5);
    expect((await listCertificates(ctx, services, { endsWithinDays: 86 })).items.map(({ nodeId }) => nodeId)).toEqual([
      ids[0],
    ]);
    const stranger = { ...ctx, tenantId: newId<TenantId>() };
    expect((await listCertificates(stranger, services, {})).items).toEqual([]);
  });
});

describe('revocation', () => {
  test('every serial of the node is refused on every controller, and on the list when the announcement is over', async () => {
    const [one, other] = [await controller(), await controller()];
    const nodeId = newId<NodeId>();
    const [first, second] = [await issueTo(one, nodeId), await issueTo(other, nodeId)];
    const neighbour = await issueTo(one);
    const numberBefore = one.revocationLists.current.number;

    const revoked = await revoke(one, nodeId);
    expect(revoked.map(({ serial }) => serial).sort()).toEqual([first.serial, second.serial].sort());
    expect(one.revocationLists.current.number).toBe(numberBefore + 1n);
    for (const { serial, certificatePem } of [first, second]) {
      expect(one.revokedSerials.isRevoked(serial)).toBe(true);
      expect(one.revokedSerials.isRevoked(`00${serial.toLowerCase()}`)).toBe(true);
      expect(verifyWithOpenssl(one, certificatePem)).toContain('certificate revoked');
    }
    expect(verifyWithOpenssl(one, neighbour.certificatePem)).toContain('OK');
    await vi.waitUntil(() => other.revokedSerials.isRevoked(first.serial), { timeout: 10_000 });
    await vi.waitUntil(() => other.revocationLists.current.number === one.revocationLists.current.number, {
      timeout: 10_000,
    });
    expect(other.revocationLists.current.der).toEqual(one.revocationLists.current.der);
    expect(await eventTypes()).toEqual(['authority.created', 'certificate.revoked', 'certificate.revoked']);
  });

  test('a certificate that has ended, or is revoked already, is not revoked again', async () => {
    const services = await controller();
    const nodeId = newId<NodeId>();
    await issueTo(services, nodeId);
    clock.advance(91 * DAY_MS);
    const live = await issueTo(services, nodeId);
    expect((await revoke(services, nodeId)).map(({ serial }) => serial)).toEqual([live.serial]);
    expect(await revoke(services, nodeId)).toEqual([]);
  });

  test('a node that gives up its former keys keeps the certificate it came with, and nobody else loses one', async () => {
    const [services, other] = [await controller(), await controller()];
    const nodeId = newId<NodeId>();
    const [former, lost, kept] = [
      await issueTo(services, nodeId),
      await issueTo(services, nodeId),
      await issueTo(services, nodeId),
    ];
    const neighbour = await issueTo(services);
    const deps = { ...services, db: database.db, clock };
    expect(await revokeOtherCertificates(deps, { nodeId, serial: kept.serial })).toBe(2);
    expect(await revokeOtherCertificates(deps, { nodeId, serial: kept.serial })).toBe(0);
    const isRevoked = [former, lost, kept, neighbour].map(({ serial }) => other.revokedSerials.isRevoked(serial));
    expect(isRevoked).toEqual([true, true, false, false]);
    expect(verifyWithOpenssl(services, former.certificatePem)).toContain('certificate revoked');
    expect(verifyWithOpenssl(services, kept.certificatePem)).toContain('OK');
  });

  test('what a lost message told is found by reading again', async () => {
    const [one, other] = [await controller(), await controller()];
    const nodeId = newId<NodeId>();
    const { serial } = await issueTo(one, nodeId);
    bus.cut();
    await revoke(one, nodeId);
    expect(other.revokedSerials.isRevoked(serial)).toBe(false);
    bus.reconnect();
    await vi.waitUntil(() => other.revokedSerials.isRevoked(serial), { timeout: 10_000 });
  });

  test('a controller that starts later knows what is revoked', async () => {
    const one = await controller();
    const nodeId = newId<NodeId>();
    const { serial } = await issueTo(one, nodeId);
    await revoke(one, nodeId);
    const late = await controller();
    expect(late.revokedSerials.isRevoked(serial)).toBe(true);
    expect(late.revocationLists.current.number).toBe(one.revocationLists.current.number);
  });

  test('a crash between revocation and announcement is healed by the next pass', async () => {
    const services = await controller();
    const nodeId = newId<NodeId>();
    const { certificatePem, serial } = await issueTo(services, nodeId);
    await database.db.transaction((tx) =>
      revokeCertificatesOfNodes(tx, services, { nodeIds: [nodeId], reason: 'keyCompromise' }),
    );
    await services.revocationLists.publish();
    expect(verifyWithOpenssl(services, certificatePem)).toContain('certificate revoked');
    await services.stop();
    expect((await controller()).revokedSerials.isRevoked(serial)).toBe(true);
  });

  test('a list that says what the certificates say is not written again, however finely they tell time', async () => {
    const services = await controller();
    const nodeId = newId<NodeId>();
    await issueTo(services, nodeId);
    await revoke(services, nodeId);
    await database.db.execute(
      sql`update certificates set revoked_at = date_trunc('second', revoked_at) + interval '123456 us'`,
    );
    await services.revocationLists.publish();
    const { number } = services.revocationLists.current;
    await services.revocationLists.publish();
    expect(services.revocationLists.current.number).toBe(number);
  });

  test('a list ends within 24 hours, is written anew at half its life, and not before', async () => {
    const services = await controller();
    const { current } = services.revocationLists;
    expect(current.nextUpdate.getTime() - current.thisUpdate.getTime()).toBe(DAY_MS);
    clock.advance(DAY_MS / 2 - 1_000);
    await services.revocationLists.publish();
    expect(services.revocationLists.current.number).toBe(current.number);
    clock.advance(1_001);
    await services.revocationLists.publish();
    expect(services.revocationLists.current.number).toBe(current.number + 1n);
  });

  test('a certificate leaves list and memory when it has ended', async () => {
    const services = await controller();
    const nodeId = newId<NodeId>();
    const { serial } = await issueTo(services, nodeId);
    await revoke(services, nodeId);
    expect(services.revokedSerials.size).toBe(1);
    await services.stop();
    clock.advance(91 * DAY_MS);
    const later = await controller();
    expect(later.revokedSerials.isRevoked(serial)).toBe(false);
    writeFileSync(join(dir, 'crl.der'), later.revocationLists.current.der);
    expect(openssl('crl', '-inform', 'DER', '-in', 'crl.der', '-noout', '-text')).toContain('No Revoked Certificates');
  });

  test('a hundred revocations at once are a few lists with all of them', async () => {
    const services = await controller();
    const ids = Array.from({ length: 100 }, () => newId<NodeId>());
    for (const id of ids) await issueTo(services, id);
    const numberBefore = services.revocationLists.current.number;
    await Promise.all(ids.map((id) => revoke(services, id)));
    expect(Number(services.revocationLists.current.number - numberBefore)).toBeLessThan(50);
    writeFileSync(join(dir, 'crl.der'), services.revocationLists.current.der);
    expect(openssl('crl', '-inform', 'DER', '-in', 'crl.der', '-noout', '-text').match(/Serial Number/g)).toHaveLength(
      100,
    );
  });
});

describe('warnings', () => {
  test('a certificate is warned of once at 30, 7 and 1 days, and not when it has a successor', async () => {
    const services = await controller();
    const [renewed, left] = [newId<NodeId>(), newId<NodeId>()];
    await issueTo(services, renewed);
    const { serial } = await issueTo(services, left);
    const warnings = async () => {
      await warnOfEnding(services);
      return database.db.query(
        sql`select subject, data->>'days' as days from events where type = 'certificate.ending' order by created_at, id`,
      );
    };
    clock.advance(59 * DAY_MS);
    await issueTo(services, renewed);
    expect(await warnings()).toEqual([]);
    clock.advance(DAY_MS);
    expect(await warnings()).toEqual([{ subject: serial, days: '30' }]);
    expect(await warnings()).toHaveLength(1);
    clock.advance(23 * DAY_MS);
    expect(await warnings()).toHaveLength(2);
    clock.advance(6 * DAY_MS);
    expect((await warnings()).map((warning) => (warning as { days: string }).days)).toEqual(['30', '7', '1']);
    clock.advance(2 * DAY_MS);
    expect(await warnings()).toHaveLength(3);
  });

  test('one that is found a day before its end is warned of once, not three times', async () => {
    const services = await controller();
    await issueTo(services);
    clock.advance(89.5 * DAY_MS);
    expect(await warnOfEnding(services)).toBe(1);
    expect(await warnOfEnding(services)).toBe(0);
  });
});

describe('renewals of nodes', () => {
  async function setup() {
    const services = await controller();
    const tenant = await seedTenant(database.db);
    const renewals = new NodeRenewals(services);
    started.push(renewals);
    const [nodeId] = await seedNodes(database.db, tenant, [{}]);
    if (!nodeId) throw new Error('one was seeded');
    const subject = { purpose: 'node', tenantId: tenant.tenantId, nodeId } as const;
    const old = await issueCertificate(database.db, services, subject, pki.createKeyPair().publicKey);
    return { services, renewals, nodeId, tenant, old };
  }

  test('a node gets a certificate over its new key, and the old one stays good', async () => {
    const { services, renewals, nodeId, old } = await setup();
    const { csr, privateKey } = newSigningRequest();
    const renewed = await renewals.renew({ nodeId, serial: old.serial, csr });
    expect(new X509Certificate(renewed.certificatePem).checkPrivateKey(privateKey)).toBe(true);
    expect(new X509Certificate(renewed.certificatePem).subject).toBe(`CN=node-${nodeId}`);
    for (const { fingerprint } of [old, renewed]) {
      expect(await new ClientCertificates(services).identify(fingerprint)).toMatchObject({ nodeId, objection: 'none' });
    }
    expect(await eventTypes()).toContain('certificate.renewed');
  });

  test('ended, revoked, another node’s or of a revoked node: refused, and its neighbours in the batch are not', async () => {
    const { services, renewals, nodeId, tenant, old } = await setup();
    const [otherId, revokedId] = await seedNodes(database.db, tenant, [{}, { revokedAt: clock.now() }]);
    if (!otherId || !revokedId) throw new Error('two were seeded');
    const issue = (id: NodeId) => issueTo(services, id);
    const [ofOther, ofRevoked] = [await issue(otherId), await issue(revokedId)];
    const ask = (id: NodeId, serial: string) => renewals.renew({ nodeId: id, serial, csr: newSigningRequest().csr });
    const results = await Promise.allSettled([
      ask(nodeId, old.serial),
      ask(nodeId, ofOther.serial),
      ask(revokedId, ofRevoked.serial),
      ask(nodeId, 'ABCDEF'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { code: 'unauthenticated' } });
    await revoke(services, otherId);
    await expect(ask(otherId, ofOther.serial)).rejects.toMatchObject({ code: 'unauthenticated' });
    clock.advance(91 * DAY_MS);
    await expect(ask(nodeId, old.serial)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('too many within an hour are refused with the time to come back, also at once, and the neighbour gets its own', async () => {
    const { renewals, services, nodeId, tenant, old } = await setup();
    const [neighbour] = (await seedNodes(database.db, tenant, [{}])) as [NodeId];
    const theirs = await issueTo(services, neighbour);
    const ask = (id: NodeId, serial: string) => renewals.renew({ nodeId: id, serial, csr: newSigningRequest().csr });
    clock.advance(60_000);
    const asked = Array.from({ length: MOST_CERTIFICATES_PER_HOUR + 10 }, () => ask(nodeId, old.serial));
    const [results] = await Promise.all([Promise.allSettled(asked), ask(neighbour, theirs.serial)]);
    const refused = results.filter((one) => one.status === 'rejected').map((one) => one.reason);
    expect(refused).toHaveLength(11); // the first one was issued within the hour too
    expect(refused[0]).toMatchObject({ code: 'rate_limited', facts: { retryAfterSeconds: expect.any(Number) } });
    expect(await new ClientCertificates(services).identify(old.fingerprint)).toMatchObject({ objection: 'none' });
    expect(services.revocationLists.current.number).toBe(1n);

    clock.advance(refused[0].facts.retryAfterSeconds * 1_000);
    await ask(nodeId, old.serial);
    await expect(ask(nodeId, old.serial)).rejects.toMatchObject({ code: 'rate_limited' });
  });

  test('so many that have not ended, revoked ones among them, are all that a node gets', async () => {
    const { renewals, services, nodeId, old } = await setup();
    const ask = () => renewals.renew({ nodeId, serial: old.serial, csr: newSigningRequest().csr });
    const spent = async () =>
      (await countCertificates(database.db, [nodeId], { at: clock.now(), since: clock.now() }))[0];
    for (let hour = 0; hour < MOST_CERTIFICATES / MOST_CERTIFICATES_PER_HOUR; hour++) {
      clock.advance(3_600_000);
      await Promise.allSettled(Array.from({ length: MOST_CERTIFICATES_PER_HOUR }, ask));
      await revokeOtherCertificates({ ...services, db: database.db, clock }, { nodeId, serial: old.serial });
    }
    clock.advance(3_600_000);
    expect((await spent())?.all).toBe(MOST_CERTIFICATES);
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited' });
    expect((await spent())?.all).toBe(MOST_CERTIFICATES);
  });

  test('a renewal that meets the revocation of its node leaves no good certificate behind', async () => {
    const { services, renewals, nodeId, old } = await setup();
    const revoking = database.db.transaction(async (tx) => {
      await tx.query(sql`select from nodes where id = ${nodeId} for update`);
      const renewing = renewals
        .renew({ nodeId, serial: old.serial, csr: newSigningRequest().csr })
        .catch(() => 'refused');
      const isWaiting = sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      await vi.waitUntil(async () => (await database.db.query(isWaiting)).length > 0, { timeout: 10_000 }); // a transaction would see the same activity each time
      await tx.execute(sql`update nodes set revoked_at = ${clock.now()} where id = ${nodeId}`);
      await revokeCertificatesOfNodes(tx, services, { nodeIds: [nodeId], reason: 'cessationOfOperation' });
      return { renewing };
    });
    expect(await (await revoking).renewing).toBe('refused');
    expect(
      await database.db.query(sql`select from certificates where node_id = ${nodeId} and revoked_at is null`),
    ).toEqual([]);
  });

  test('a request that is not signed by its key is malformed', async () => {
    const { renewals, nodeId, old } = await setup();
    await expect(renewals.renew({ nodeId, serial: old.serial, csr: randomBytes(300) })).rejects.toMatchObject({
      code: 'malformed',
    });
  });
});

describe('the certificate of the controller', () => {
  async function identity(services: Controller) {
    const certificate = new ControllerCertificate({
      ...services,
      commonName: 'test',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    });
    started.push(certificate);
    await certificate.start();
    return certificate;
  }

  test('a name or address the controller is reached by since is in the next one at once; one that is gone changes nothing', async () => {
    const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
    const live = {
      commonName: 'test',
      get dnsNames() {
        return names.dnsNames;
      },
      get ipAddresses() {
        return names.ipAddresses;
      },
    };
    const certificate = new ControllerCertificate(Object.assign(Object.create(live), await controller()));
    started.push(certificate);
    await certificate.start();
    const told: string[] = [];
    certificate.onRenewed(({ serial }) => told.push(serial));
    names.ipAddresses = ['127.0.0.1', '2001:db8::7'];
    await certificate.renewIfDue();
    expect(told).toEqual([certificate.current.serial]);
    const { subjectAltName } = new X509Certificate(certificate.current.chainPem);
    expect(subjectAltName).toContain('IP Address:2001:DB8:0:0:0:0:0:7');
    names.ipAddresses = ['127.0.0.1'];
    await certificate.renewIfDue();
    expect(told).toHaveLength(1);
  });

  test('it brings its whole chain, the root that join secrets pin included', async () => {
    const services = await controller();
    const { chainPem, privateKeyPem } = (await identity(services)).current;
    const chain = chainPem.split(/(?<=-----END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem));
    expect(chain.map((one) => one.subjectAltName)).toEqual([
      'DNS:localhost, IP Address:127.0.0.1',
      undefined,
      undefined,
    ]);
    expect(
      createHash('sha256')
        .update(chain.at(-1)?.raw ?? '')
        .digest('hex'),
    ).toBe(services.authorities.rootSha256);
    expect(String(privateKeyPem)).toBe('[redacted]');
  });

  test('it is renewed at two thirds of its life, and listeners are told', async () => {
    const services = await controller();
    const certificate = await identity(services);
    const told: string[] = [];
    certificate.onRenewed(({ serial }) => told.push(serial));
    const { serial } = certificate.current;
    clock.advance(59 * DAY_MS);
    await certificate.renewIfDue();
    expect(certificate.current.serial).toBe(serial);
    clock.advance(DAY_MS + 1_000);
    await certificate.renewIfDue();
    expect(certificate.current.serial).not.toBe(serial);
    expect(told).toEqual([certificate.current.serial]);
  });

  test('it is renewed by itself when another intermediate has begun to sign', async () => {
    const services = await controller();
    const certificate = await identity(services);
    const { serial } = certificate.current;
    const renewed = new Promise<string>((resolve) => certificate.onRenewed((identity) => resolve(identity.serial)));
    await services.authorities.rotateIntermediate();
    expect(await renewed).not.toBe(serial);
  });
});
