/**
 * How a host comes in. Before the transaction: its turn when its address has failed too often, the form of what it says, the signature of its
 * request. Then one transaction: the join secret, the room in the cluster, the node, its certificate, the events and, as
 * the last statement, the use of the secret. Whatever fails, nothing has been used up and nothing is left behind.
 *
 * Which node it is:
 *
 * | it shows                                                   | it is                                                   |
 * |------------------------------------------------------------|---------------------------------------------------------|
 * | the id of an unrevoked node of this tenant, and proof of its key | that node, again, in the cluster it is in         |
 * | a machine id nobody has as a node id                       | a new node with that id                                 |
 * | a machine id somebody has: a clone, or a host that lost its key | a new node with a random id; an event reports a clone |
 * | neither                                                    | a new node with a random id                             |
 *
 * So no join secret lets anybody become a node that exists.
 */
import { randomUUID } from 'node:crypto';
import type { IssuedCertificate } from '../certificates/certificate.ts';
import { readCertificateRoom } from '../certificates/certificate-room.ts';
import { type IssuingDeps, issueCertificate } from '../certificates/issue-certificate.ts';
import type { Pki } from '../certificates/pki.ts';
import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { FleetEvent } from '../events/catalogue.ts';
import { recordEvents } from '../events/record-events.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type NodeId, newId, parseId, type TenantId } from '../kernel/ids.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { claimNodes } from '../nodes/claim-nodes.ts';
import type { NodeFacts } from '../sessions/node-link.ts';
import { checkDisplayName } from './display-name.ts';
import { EnrolmentRefused } from './enrolment-refused.ts';
import type { JoinAttempts } from './join-attempts.ts';
import { findJoinGrant, type JoinGrant, type JoinGrantDeps } from './join-grant.ts';
import type { JoinAddresses } from './join-secret.ts';
import { provesPossession } from './prove-possession.ts';
import {
  countEnrollmentKeysForLimit,
  findTwin,
  insertNode,
  lockPreviousNode,
  type PreviousNode,
  shareCluster,
  writeReturn,
} from './store.ts';

export interface EnrolNodeDeps extends JoinGrantDeps, IssuingDeps {
  readonly db: Database;
  readonly pki: Pick<Pki, 'signCertificate' | 'readSigningRequest' | 'verifySignature'>;
  readonly attempts: JoinAttempts;
  readonly addresses: JoinAddresses;
}

export interface EnrolmentRequest {
  readonly joinSecret: Secret;
  /** PKCS#10, DER. */
  readonly csr: Buffer;
  /** Empty: the token's, or the host's own. */
  readonly name: string;
  /** UUID of the machine; empty for a random id. */
  readonly machineId: string;
  readonly facts: NodeFacts;
  /** The node the host was before, with its old key's signature over SHA-256(csr). Empty when it was none. */
  readonly previousNodeId: string;
  readonly previousKeySignature: Buffer;
}

export interface Enrolment {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly clusterName: string;
  readonly isNew: boolean;
  readonly certificate: IssuedCertificate;
  /** host:port of the node listeners, first preferred. */
  readonly endpoints: readonly string[];
}

/**
 * @throws EnrolmentRefused saying what is wrong with the join secret or the cluster; FleetError `rate_limited` (the address, or
 * a node that joins again and again), `conflict` or `rate_limited` (the tenant may have no more nodes),
 * `malformed` for a request that cannot be signed, `invalid` for a name that cannot be, `degraded`.
 */
export async function enrolNode(
  deps: EnrolNodeDeps,
  { request, remoteAddress }: { readonly request: EnrolmentRequest; readonly remoteAddress: string },
): Promise<Enrolment> {
  const { attempts } = deps;
  try {
    return await attempts.inTurn(remoteAddress, () =>
      attemptToEnrol(deps, request, { tellRefusals: !attempts.isOverdrawn(remoteAddress) }),
    );
  } catch (error) {
    const isItsFault = error instanceof FleetError && error.code !== 'unavailable' && error.code !== 'degraded';
    if (isItsFault) attempts.countFailure(remoteAddress);
    throw error;
  }
}

async function attemptToEnrol(
  deps: EnrolNodeDeps,
  request: EnrolmentRequest,
  { tellRefusals }: { readonly tellRefusals: boolean },
): Promise<Enrolment> {
  const publicKey = readPublicKey(deps.pki, request.csr);
  const grant = await findJoinGrant(deps, request.joinSecret);
  try {
    return await deps.db.transaction((tx) => enrol(tx, deps, { request, publicKey, grant }));
  } catch (error) {
    if (error instanceof EnrolmentRefused && tellRefusals) await grant.tell(deps.db, error.refusal, deps.clock.now());
    throw error;
  }
}

interface Attempt {
  readonly request: EnrolmentRequest;
  readonly publicKey: Buffer;
  readonly grant: JoinGrant;
}

async function enrol(tx: Queryable, deps: EnrolNodeDeps, attempt: Attempt): Promise<Enrolment> {
  const { request, publicKey, grant } = attempt;
  const { tenantId } = grant;
  const now = deps.clock.now();
  grant.check(now);
  const previous = await findPrevious(tx, deps, attempt);
  const node = previous ? await takeBack(tx, attempt, previous, now) : await takeIn(tx, deps, attempt, now);
  const certificate = await issueCertificate(tx, deps, { purpose: 'node', tenantId, nodeId: node.id }, publicKey);
  await recordEvents(tx, eventsOf(node, request.facts, tenantId));
  await grant.tell(tx, 'verified', now);
  await grant.redeem(tx, node.id, now);
  const { id: nodeId, name, clusterName } = node;
  return { nodeId, tenantId, name, clusterName, isNew: !previous, certificate, endpoints: deps.addresses.endpoints };
}

/** What has become of the host, and what there is to tell of it. */
interface JoinedNode {
  readonly id: NodeId;
  readonly name: string;
  readonly clusterName: string;
  readonly idType: 'persistent' | 'random';
  readonly previous?: PreviousNode;
  /** Another node says it is the same machine. */
  readonly twinId?: NodeId | undefined;
}

async function findPrevious(
  tx: Queryable,
  deps: EnrolNodeDeps,
  { request, grant }: Attempt,
): Promise<PreviousNode | undefined> {
  const nodeId = parseId<NodeId>(request.previousNodeId);
  const node = nodeId && (await lockPreviousNode(tx, grant.tenantId, nodeId));
  if (!node) return undefined;
  const { csr, previousKeySignature: signature } = request;
  return (await provesPossession(tx, deps.pki, { nodeId: node.id, csr, signature })) ? node : undefined;
}

async function takeBack(
  tx: Queryable,
  { request, grant }: Attempt,
  previous: PreviousNode,
  at: Date,
): Promise<JoinedNode> {
  const { id, clusterName, idType } = previous;
  const refusal = (await readCertificateRoom(tx, [id], at)).take(id);
  if (refusal !== undefined) throw refusal;
  const name = request.name === '' ? previous.name : checkDisplayName(request.name);
  const machineId = parseId(request.machineId) ?? null;
  await writeReturn(tx, { id, tenantId: grant.tenantId, name, machineId, facts: request.facts, at });
  return { id, name, clusterName, idType, previous };
}

async function takeIn(tx: Queryable, deps: EnrolNodeDeps, { request, grant }: Attempt, at: Date): Promise<JoinedNode> {
  const { tenantId, clusterId } = grant;
  await refuseWhenDegraded(tx, deps.clock);
  await claimNodes(tx, tenantId, 1);
  const cluster = await shareCluster(tx, clusterId);
  if (!cluster) throw new EnrolmentRefused('invalid_key'); // it went, and its keys with it
  if (cluster.nodeLimit !== null && (await countEnrollmentKeysForLimit(tx, clusterId)) >= cluster.nodeLimit) {
    throw new EnrolmentRefused('node_limit_reached');
  }
  const machineId = parseId<NodeId>(request.machineId) ?? null;
  const twinId = machineId === null ? undefined : await findTwin(tx, tenantId, machineId);
  const node = {
    tenantId,
    clusterId,
    name: nameOf(request, grant),
    tags: grant.tags,
    machineId,
    facts: request.facts,
    overlayHostId: randomUUID(),
    at,
  };
  const isPersistent =
    machineId !== null &&
    twinId === undefined &&
    (await insertNode(tx, { ...node, id: machineId, idType: 'persistent' }));
  if (isPersistent) return { id: machineId, name: node.name, clusterName: cluster.name, idType: 'persistent' };
  const id = newId<NodeId>();
  await insertNode(tx, { ...node, id, idType: 'random' });
  const twin = twinId ?? (machineId === null ? undefined : await findTwin(tx, tenantId, machineId, id));
  return { id, name: node.name, clusterName: cluster.name, idType: 'random', twinId: twin };
}

function nameOf({ name, facts, csr }: EnrolmentRequest, grant: JoinGrant): string {
  if (name !== '') return checkDisplayName(name);
  if (grant.name !== null) return grant.name;
  const hostname = facts.hostname.replaceAll(/\p{Cc}/gu, '').trim();
  return [...hostname].slice(0, 128).join('') || `node-${csr.toString('hex').slice(-8)}`;
}

function eventsOf(
  { id, name, clusterName, idType, previous, twinId }: JoinedNode,
  facts: NodeFacts,
  tenantId: TenantId,
): FleetEvent[] {
  const { version, hostname, ports, isSelfUpdateEnabled } = facts;
  const data = { nodeId: id, name, clusterName, idType, version, hostname, ports, isSelfUpdateEnabled };
  const about = { tenantId, subject: id };
  const events: FleetEvent[] = [{ ...about, type: previous ? 'node.reregistered' : 'node.registered', data }];
  if (previous && previous.version !== version) {
    events.push({ ...about, type: 'node.version_changed', data: { ...data, previousVersion: previous.version } });
  }
  if (twinId !== undefined) {
    events.push({ ...about, type: 'node.clone_detected', data: { ...data, twinNodeId: twinId } });
  }
  return events;
}

function readPublicKey(pki: Pick<Pki, 'readSigningRequest'>, csr: Buffer): Buffer {
  const request = pki.readSigningRequest(csr);
  if (request.isAccepted) return request.publicKey;
  throw new FleetError('malformed', `The signing request ${request.problem}. Make a new key and a new request.`, {
    details: { csr: [request.problem] },
  });
}
