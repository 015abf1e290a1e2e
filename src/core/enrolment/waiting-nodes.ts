/**
 * Nodes at the door: their certificate is of our own authorities, and the database does not know it. That is what a backup
 * leaves behind that is older than they are. Not known is not revoked: they are asked to wait, and operators see them.
 *
 * The proof is the certificate itself. Whom it stands for is written in it, signed by an authority of ours; it is verified
 * when the node is seen and once more when an operator lets it in (`admit-node.ts`).
 */
import { X509Certificate } from 'node:crypto';
import type { Authorities } from '../certificates/authorities.ts';
import type { AuthorityId } from '../certificates/certificate.ts';
import { type NodeId, parseId, type TenantId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';

export interface Stranger {
  /** As it came in the handshake, DER. */
  readonly certificate: Buffer;
  /** As the node says; empty when it said nothing. */
  readonly hostname: string;
  readonly address: string;
}

export interface WaitingNodesDeps {
  readonly db: Database;
  readonly authorities: Pick<Authorities, 'all'>;
}

/** A node that keeps trying is written down this often. */
const AGAIN_AFTER = '30 seconds';
/** One that has not tried for so long is forgotten. */
const FORGOTTEN_AFTER = '7 days';
const MOST_HOSTNAME = 128;

/** False when the certificate is no node's of ours. */
export async function noteWaitingNode({ db, authorities }: WaitingNodesDeps, stranger: Stranger): Promise<boolean> {
  const proof = readProof(stranger.certificate, authorities);
  if (proof === undefined) return false;
  const hostname = [...stranger.hostname.replaceAll(/\p{Cc}/gu, '').trim()].slice(0, MOST_HOSTNAME).join('');
  await db.execute(sql`
    insert into waiting_nodes (node_id, tenant_id, certificate, not_after, hostname, address)
    values (${proof.nodeId}, ${proof.tenantId}, ${proof.certificate.toString()}, ${proof.certificate.validToDate},
      ${hostname}, ${stranger.address})
    on conflict (node_id) do update set tenant_id = excluded.tenant_id, certificate = excluded.certificate,
      not_after = excluded.not_after, hostname = excluded.hostname, address = excluded.address, last_seen_at = now()
    where waiting_nodes.last_seen_at < now() - ${AGAIN_AFTER}::interval`);
  return true;
}

/** Those that have gone away, or were let in elsewhere. */
export async function forgetWaitingNodes(db: Database): Promise<void> {
  await db.execute(sql`delete from waiting_nodes where last_seen_at < now() - ${FORGOTTEN_AFTER}::interval`);
}

export interface NodeProof {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly authorityId: AuthorityId;
  readonly certificate: X509Certificate;
}

/** Whom a certificate stands for, if one of our authorities signed it for a node. Its dates are not looked at. */
export function readProof(der: Buffer | string, authorities: Pick<Authorities, 'all'>): NodeProof | undefined {
  const certificate = new X509Certificate(der);
  const issuer = authorities.all.find(({ certificate: pem }) => isIssuedBy(certificate, new X509Certificate(pem)));
  const [, tenant = '', node = ''] =
    /URI:spiffe:\/\/[^/,]+\/org\/([^/,]+)\/node\/([^/,]+)(?:,|$)/.exec(certificate.subjectAltName ?? '') ?? [];
  const tenantId = parseId<TenantId>(tenant);
  const nodeId = parseId<NodeId>(node);
  if (issuer === undefined || tenantId === undefined || nodeId === undefined) return undefined;
  return { tenantId, nodeId, authorityId: issuer.id, certificate };
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return !certificate.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
