/**
 * Thousands of nodes that have joined, without joining: rows and certificates written through core's own functions, with
 * one key pair for all of them, because enrolment is another bench and is rate-limited for good reasons.
 */
import { generateKeyPairSync } from 'node:crypto';
import { pki } from '#adapters/pki/pki.ts';
import { loadSecrets } from '#controller/secrets.ts';
import { Authorities } from '#core/certificates/authorities.ts';
import { type SignedForKeeping, signCertificate } from '#core/certificates/issue-certificate.ts';
import { DEFAULT_NAMES } from '#core/certificates/names.ts';
import { insertCertificates } from '#core/certificates/store.ts';
import { homeCluster } from '#core/clusters/home-cluster.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { MemoryBus } from '../../test/support/memory-bus.ts';
import { seedNodes } from '../../test/support/seed-nodes.ts';
import type { BenchController } from './controller.ts';

export interface SeededNode {
  readonly nodeId: NodeId;
  /** PEM: leaf, intermediate. */
  readonly chain: string;
}

export interface SeededFleet {
  readonly nodes: readonly SeededNode[];
  /** PKCS#8, PEM; of all of them. */
  readonly privateKey: string;
  readonly caBundle: string;
  /** For a server that is not the controller: the yardstick. */
  readonly server: { readonly chain: string; readonly privateKey: string };
}

export interface SeedOptions {
  /** Names begin with it; default `sim`. */
  readonly prefix?: string;
  readonly tags?: (place: number) => readonly string[];
}

const BATCH = 1000;
const key = newKey();

export async function seedFleet(
  controller: BenchController,
  count: number,
  { prefix = 'sim', tags = () => [] }: SeedOptions = {},
): Promise<SeededFleet> {
  const { db, dataDir, addresses } = controller;
  const { tenantId } = addresses;
  const { sealer } = loadSecrets({ dataDir, env: {} });
  const parts = { db, pki, sealer, bus: new MemoryBus(), clock: systemClock, systemTenantId: tenantId };
  const authorities = new Authorities(parts);
  await authorities.start();
  try {
    const cluster = await db.transaction((tx) => homeCluster(tx, tenantId, new Date()));
    const tenant = { tenantId, slug: '', clusterId: cluster.id, clusterName: cluster.name };
    const issuing = { authorities, pki, names: DEFAULT_NAMES, clock: systemClock };
    const nodes: SeededNode[] = [];
    for (let start = 0; start < count; start += BATCH) {
      const seeds = Array.from({ length: Math.min(BATCH, count - start) }, (_, i) => ({
        name: `${prefix}-${String(start + i).padStart(6, '0')}`,
        tags: tags(start + i),
        invocableTools: ['cmd.run', 'script.run'],
      }));
      const nodeIds = await seedNodes(db, tenant, seeds);
      const signed = nodeIds.map((nodeId) => signCertificate(issuing, { purpose: 'node', tenantId, nodeId }, key.spki));
      await insertCertificates(
        db,
        signed.map(({ toKeep }) => toKeep),
      );
      nodes.push(...nodeIds.map((nodeId, i) => ({ nodeId, chain: (signed[i] as SignedForKeeping).issued.chainPem }))); // as long as nodeIds
    }
    await db.execute(sql`vacuum analyze nodes`);
    await db.execute(sql`vacuum analyze certificates`);
    const name = { commonName: 'yardstick', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
    const server = signCertificate(issuing, { purpose: 'controller', tenantId, ...name }, key.spki).issued;
    return {
      nodes,
      privateKey: key.pem,
      caBundle: authorities.bundlePem,
      server: { chain: server.chainPem, privateKey: key.pem },
    };
  } finally {
    await authorities.stop();
  }
}

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
