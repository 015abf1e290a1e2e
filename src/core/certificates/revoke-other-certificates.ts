import type { Clock } from '../kernel/clock.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { type AnnouncementDeps, announceRevocation, revokeCertificatesOfNodes } from './revoke-certificates.ts';

export interface RevokeOtherCertificates {
  readonly nodeId: NodeId;
  /** Serial of the certificate the node has shown: it stays good. */
  readonly serial: string;
}

/**
 * A node has a new key and gives up all it was known by before, also what was issued to it and never reached it. Asking
 * again changes nothing. Its session is not cut: it is of the certificate that stays, or loses to the one that will be.
 * @returns how many were revoked.
 */
export async function revokeOtherCertificates(
  deps: AnnouncementDeps & { readonly db: Database; readonly clock: Clock },
  { nodeId, serial }: RevokeOtherCertificates,
): Promise<number> {
  const revoked = await deps.db.transaction((tx) =>
    revokeCertificatesOfNodes(tx, deps, { nodeIds: [nodeId], reason: 'superseded', except: serial }),
  );
  await announceRevocation(deps, revoked);
  return revoked.length;
}
