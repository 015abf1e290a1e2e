import type { KeyRing } from '#core/access/key-ring.ts';
import type { Authorities } from '#core/certificates/authorities.ts';
import type { ClientCertificates } from '#core/certificates/client-certificates.ts';
import type { RevocationLists } from '#core/certificates/revocation-lists.ts';
import type { EndNodeDeps } from '#core/nodes/end-node.ts';
import type { OutpostDesk } from '#core/outposts/outpost-desk.ts';
import type { HeartbeatWriter } from '#core/outposts/record-heartbeat.ts';
import { operationsFor } from '#surfaces/http/operation.ts';

/** What the surface is given: the union of what its use cases take, and how callers are told apart. */
export interface OrgOutpostsDeps extends EndNodeDeps {
  readonly outpostDesk: OutpostDesk;
  readonly heartbeats: Pick<HeartbeatWriter, 'write'>;
  readonly keyRing: Pick<KeyRing, 'authenticateKey'>;
  readonly clientCertificates: Pick<ClientCertificates, 'identify'>;
  readonly authorities: Pick<Authorities, 'bundlePem'>;
  readonly revocationLists: Pick<RevocationLists, 'publish' | 'current' | 'pem' | 'of'>;
  /** How long without a sign of life an outpost is still active. */
  readonly inactiveAfterMs: number;
}

export const defineOperation = operationsFor<OrgOutpostsDeps>();
