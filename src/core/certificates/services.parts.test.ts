import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pki } from '#adapters/pki/pki.ts';
import { stressService } from '#runtime/service-stress.ts';
import { startCertificates } from '#test/support/certificates.ts';
import { openEveryConnection, type TestDatabase, testDatabase } from '#test/support/database.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { systemClock } from '../kernel/clock.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { Sealer } from '../kernel/sealer.ts';
import { Authorities } from './authorities.ts';
import { ControllerCertificate } from './controller-certificate.ts';
import { RevocationLists } from './revocation-lists.ts';
import { RevokedSerials } from './revoked-serials.ts';

let database: TestDatabase;
let services: Awaited<ReturnType<typeof startCertificates>>;

beforeAll(async () => {
  database = await testDatabase();
  services = await startCertificates(database);
  await openEveryConnection(database);
});

afterAll(async () => {
  await services.stop();
  await database.close();
});

test('the authorities keep the contract of a service', async () => {
  const deps = {
    db: database.db,
    pki,
    sealer: services.sealer,
    bus: new MemoryBus(),
    clock: systemClock,
    systemTenantId: newId<TenantId>(),
  };
  await stressService(() => new Authorities(deps), {
    canRestart: true,
    probe: async (service) => expect((service as Authorities).issuing.id).toBe(services.authorities.issuing.id),
  });
});

test('the revoked serials keep the contract of a service', async () => {
  await stressService(() => new RevokedSerials(services), { canRestart: true });
});

test('the revocation lists keep the contract of a service', async () => {
  await stressService(() => new RevocationLists(services), {
    canRestart: true,
    probe: async (service) => expect((service as RevocationLists).current.der.length).toBeGreaterThan(100),
  });
});

test('the certificate of the controller keeps the contract of a service', async () => {
  const names = { commonName: 'test', dnsNames: ['localhost'], ipAddresses: [] };
  await stressService(() => new ControllerCertificate({ ...services, ...names }), { canRestart: true });
});

test('another secret key is told at start, and the service can be stopped after that', async () => {
  const service = new Authorities({ ...services, sealer: new Sealer(randomBytes(32)) });
  await expect(service.start()).rejects.toThrow(/GARRISON_SECRET_KEY/);
  await service.stop();
});
