import type { Clock } from '../kernel/clock.ts';
import type { NodeId, TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { RevokedSerials } from './revoked-serials.ts';
import { findByFingerprint } from './store.ts';

export interface IdentifyDeps {
  readonly db: Queryable;
  readonly revokedSerials: Pick<RevokedSerials, 'isRevoked'>;
  readonly clock: Clock;
}

export interface CertificateIdentity {
  readonly serial: string;
  readonly tenantId: TenantId;
  readonly nodeId: NodeId;
  readonly notAfter: Date;
  /** What it may not be used for any more; `none`: it is good. */
  readonly objection: 'none' | 'ended' | 'revoked';
}

/**
 * Whose client certificate this is, by the SHA-256 of its DER: only what we issued is found, so nothing in the
 * certificate has to be believed. Undefined: none of ours, or no client's. That the caller holds its key is for the TLS
 * handshake to prove, here or in a trusted proxy.
 */
export async function identifyCertificate(
  deps: IdentifyDeps,
  fingerprint: Buffer,
): Promise<CertificateIdentity | undefined> {
  const found = await findByFingerprint(deps.db, fingerprint);
  if (!found?.nodeId) return undefined;
  const { serial, tenantId, nodeId, notAfter } = found;
  const isRevoked = found.revokedAt !== null || deps.revokedSerials.isRevoked(serial);
  const hasEnded = notAfter <= deps.clock.now();
  return { serial, tenantId, nodeId, notAfter, objection: isRevoked ? 'revoked' : hasEnded ? 'ended' : 'none' };
}
