/**
 * How many certificates does one core sign, and how many are verified, signed and stored per second?
 *
 * Requests of a fleet that renews together: each is read and its signature checked, the node is looked up and locked, the
 * certificate signed, and both it and its event are committed by an embedded PostgreSQL that is durable as in production. Budget
 * (DESIGN §11): 1,000 per second. Beside it what cannot be done without: one `crypto.verify` and one `crypto.sign` per
 * certificate.
 *
 *   node bench/pki-certificates.ts [--save]
 */
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { pki } from '#adapters/pki/pki.ts';
import { signCertificate } from '#core/certificates/issue-certificate.ts';
import { NodeRenewals } from '#core/certificates/node-renewals.ts';
import { insertCertificates } from '#core/certificates/store.ts';
import { startCertificates } from '../test/support/certificates.ts';
import { seedNodes, seedTenant } from '../test/support/seed-nodes.ts';
import { newSigningRequest } from '../test/support/signing-request.ts';
import { benchDatabase } from './support/bench-database.ts';
import { publish } from './support/report.ts';

const RUNS = 5;
const COUNT = 5_000;

const { db, close } = await benchDatabase();
const services = await startCertificates({ db });
const renewals = new NodeRenewals(services);
const tenant = await seedTenant(db);
const nodeIds = await seedNodes(db, tenant, Array(COUNT).fill({}));
const requests = Array.from({ length: COUNT }, () => newSigningRequest().csr);

const atCrypto: number[] = [];
const atSigning: number[] = [];
const stored: number[] = [];
for (let run = 0; run < RUNS; run++) {
  atCrypto.push(await perSecond(COUNT, async () => cryptoAlone(COUNT)));
  atSigning.push(await perSecond(COUNT, async () => verifyAndSign()));
  const serials = await certificatesToRenew();
  stored.push(
    await perSecond(COUNT, async () => {
      await Promise.all(
        nodeIds.map((nodeId, place) =>
          renewals.renew({ nodeId, serial: serials[place] ?? '', csr: requests[place] ?? Buffer.alloc(0) }),
        ),
      );
    }),
  );
}
await renewals.stop();
await services.stop();
await close();

const yardstick = { what: 'crypto.verify and crypto.sign alone', values: atCrypto };
await publish({
  name: 'pki-certificates',
  question: 'How many certificates are verified, signed and stored per second?',
  figures: [
    { what: 'request verified, certificate signed and encoded', unit: '/s', values: atSigning, yardstick },
    {
      what: 'request verified, certificate signed, stored with its event',
      unit: '/s',
      values: stored,
      atLeast: 1_000,
      yardstick,
    },
  ],
  notes: [
    `${COUNT} renewals at once, P-256, batches of 100 in one transaction each.`,
    'One process; PostgreSQL is another, on the same machine.',
    '@peculiar/x509 2.2.0 issues 476 and verifies and issues 335 per second on such a core (docs/decisions/0010).',
  ],
});

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - from);
}

function cryptoAlone(count: number): void {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = randomBytes(400);
  const signature = sign('sha256', message, privateKey);
  for (let i = 0; i < count; i++) {
    verify('sha256', message, publicKey, signature);
    sign('sha256', message, privateKey);
  }
}

function verifyAndSign(): void {
  requests.forEach((csr, place) => {
    const request = pki.readSigningRequest(csr);
    const nodeId = nodeIds[place];
    if (!request.isAccepted || !nodeId) throw new Error('the request is good');
    signCertificate(services, { purpose: 'node', tenantId: tenant.tenantId, nodeId }, request.publicKey);
  });
}

/** What the nodes have before they renew; not counted. */
async function certificatesToRenew(): Promise<string[]> {
  const { publicKey } = pki.createKeyPair();
  const signed = nodeIds.map((nodeId) =>
    signCertificate(services, { purpose: 'node', tenantId: tenant.tenantId, nodeId }, publicKey),
  );
  for (let at = 0; at < signed.length; at += 500) {
    await insertCertificates(
      db,
      signed.slice(at, at + 500).map(({ toKeep }) => toKeep),
    );
  }
  return signed.map(({ issued }) => issued.serial);
}
