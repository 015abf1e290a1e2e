import { recordEvents } from '../events/record-events.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { RevocationLists } from './revocation-lists.ts';
import type { RevokedSerials } from './revoked-serials.ts';
import { type Revocation, type RevokedCertificate, writeRevocations } from './store.ts';

/**
 * Revokes every certificate of the nodes that has not ended. Order: this, in the transaction of whatever ends the nodes;
 * then, after its commit, `announceRevocation`. A crash between the two is healed by the re-reads of both its parts.
 */
export async function revokeCertificatesOfNodes(
  tx: Queryable,
  deps: { readonly clock: Clock },
  revocation: Revocation,
): Promise<RevokedCertificate[]> {
  const revoked = await writeRevocations(tx, revocation, deps.clock.now());
  await recordEvents(
    tx,
    revoked.map(({ serial, tenantId, nodeId, notAfter }) => ({
      tenantId,
      type: 'certificate.revoked',
      subject: serial,
      data: { serial, nodeId, reason: revocation.reason, notAfter },
    })),
  );
  return revoked;
}

export interface AnnouncementDeps {
  readonly revokedSerials: Pick<RevokedSerials, 'tell'>;
  readonly revocationLists: Pick<RevocationLists, 'publish'>;
}

/** New connections and requests are refused at once, and the revocation list is out when this returns. */
export async function announceRevocation(
  deps: AnnouncementDeps,
  revoked: readonly RevokedCertificate[],
): Promise<void> {
  if (revoked.length === 0) return;
  deps.revokedSerials.tell(revoked);
  await deps.revocationLists.publish();
}
