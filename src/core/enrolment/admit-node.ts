/**
 * An operator lets a node in that waits at the door (`waiting-nodes.ts`): its certificate is entered as it is, and where
 * the node is not known either, it becomes one of the tenant's home cluster under the id in its certificate. All of it is one
 * transaction; the node finds the door open at its next attempt.
 */
import { createHash, randomUUID } from 'node:crypto';
import { insertCertificates } from '../certificates/store.ts';
import { homeCluster } from '../clusters/home-cluster.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { claimNodes } from '../nodes/claim-nodes.ts';
import { insertNode } from './store.ts';
import { type NodeProof, readProof, type WaitingNodesDeps } from './waiting-nodes.ts';

export interface WaitingNode {
  readonly nodeId: NodeId;
  readonly hostname: string;
  readonly address: string;
  /** End of its certificate. */
  readonly notAfter: Date;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

const MOST_LISTED = 1_000;

/** The tenant's, by host name. */
export async function listWaitingNodes(ctx: Context, { db }: Pick<WaitingNodesDeps, 'db'>): Promise<WaitingNode[]> {
  return db.query<WaitingNode>(sql`
    select node_id as "nodeId", hostname, address, not_after as "notAfter", first_seen_at as "firstSeenAt",
      last_seen_at as "lastSeenAt"
    from waiting_nodes where tenant_id = ${ctx.tenantId} order by hostname, node_id limit ${MOST_LISTED}`);
}

/** @throws FleetError `not_found`; `conflict` where the database says that the node was revoked, or its certificate has ended. */
export async function admitNode(ctx: Context, deps: WaitingNodesDeps, nodeId: NodeId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const [waiting] = await tx.query<{ certificate: string; hostname: string }>(sql`
      delete from waiting_nodes where tenant_id = ${ctx.tenantId} and node_id = ${nodeId}
      returning certificate, hostname`);
    if (waiting === undefined) throw notFound('waiting node');
    const proof = readProof(waiting.certificate, deps.authorities);
    if (proof?.nodeId !== nodeId || proof.tenantId !== ctx.tenantId) {
      throw new FleetError(
        'conflict',
        'the authority that signed the certificate of this node no longer belongs to this installation',
      );
    }
    if (proof.certificate.validToDate <= ctx.clock.now()) {
      throw new FleetError(
        'conflict',
        'the certificate of this node has ended: it has to join again with a new key or token',
      );
    }
    const isNew = await takeIn(tx, ctx, nodeId, waiting.hostname);
    await enterCertificate(tx, ctx, proof);
    await tell(tx, ctx, nodeId, isNew);
  });
}

/** False when it is there already: a backup knew it, under an older certificate. */
async function takeIn(tx: Queryable, ctx: Context, nodeId: NodeId, hostname: string): Promise<boolean> {
  const [known] = await tx.query<{ isOurs: boolean; isRevoked: boolean }>(sql`
    select tenant_id = ${ctx.tenantId} as "isOurs", revoked_at is not null as "isRevoked"
    from nodes where id = ${nodeId} for no key update`);
  if (known?.isRevoked === true || known?.isOurs === false) {
    throw new FleetError(
      'conflict',
      'the database says that this node was revoked: it has to join again with a new key or token',
    );
  }
  if (known !== undefined) return false;
  await claimNodes(tx, ctx.tenantId, 1);
  const at = ctx.clock.now();
  const cluster = await homeCluster(tx, ctx.tenantId, at);
  await insertNode(tx, {
    id: nodeId,
    tenantId: ctx.tenantId,
    clusterId: cluster.id,
    name: hostname || `node-${nodeId.slice(-8)}`,
    tags: [],
    idType: 'random',
    machineId: null,
    facts: NOTHING_SAID,
    overlayHostId: randomUUID(),
    at,
  });
  return true;
}

/** Its next Hello says it. */
const NOTHING_SAID = {
  os: '',
  arch: '',
  hostname: '',
  version: '',
  localTools: [],
  invocableTools: [],
  mounts: [],
  labels: {},
  isSelfUpdateEnabled: false,
  ports: {},
  other: {},
} as const;

async function enterCertificate(
  tx: Queryable,
  ctx: Context,
  { nodeId, tenantId, authorityId, certificate }: NodeProof,
): Promise<void> {
  const publicKey = certificate.publicKey.export({ type: 'spki', format: 'der' });
  await insertCertificates(tx, [
    {
      subject: { purpose: 'node', tenantId, nodeId },
      authorityId,
      at: ctx.clock.now(),
      signed: {
        serial: certificate.serialNumber,
        subject: certificate.subject,
        pem: certificate.toString(),
        fingerprint: createHash('sha256').update(certificate.raw).digest(),
        publicKeyHash: createHash('sha256').update(publicKey).digest(),
        notBefore: certificate.validFromDate,
        notAfter: certificate.validToDate,
      },
    },
  ]);
}

async function tell(tx: Queryable, ctx: Context, nodeId: NodeId, isNew: boolean): Promise<void> {
  const [node] = await tx.query<JoinedFacts>(sql`
    select nodes.id as "nodeId", nodes.name, clusters.name as "clusterName", nodes.id_type as "idType", nodes.version,
      nodes.hostname, nodes.ports, nodes.self_update_enabled as "isSelfUpdateEnabled"
    from nodes join clusters on clusters.id = nodes.cluster_id
    where nodes.tenant_id = ${ctx.tenantId} and nodes.id = ${nodeId}`);
  if (node === undefined) throw new FleetError('internal', 'the node that was just let in is not there');
  const type = isNew ? 'node.registered' : 'node.reregistered';
  await recordEvents(tx, [{ tenantId: ctx.tenantId, type, subject: nodeId, data: node }]);
}

interface JoinedFacts {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly clusterName: string;
  readonly idType: 'persistent' | 'random';
  readonly version: string;
  readonly hostname: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly isSelfUpdateEnabled: boolean;
}
