import type { ClusterId, Id, NodeId, TenantId } from '../kernel/ids.ts';
import type { Secret } from '../kernel/secret.ts';

/** The token's `jti`. */
export type EnrollmentTokenId = Id<'enrollment-token'>;

/** A join secret for one host and a few minutes: edge-fleet's (seed 003). The token itself is not kept. */
export interface EnrollmentToken {
  readonly id: EnrollmentTokenId;
  readonly tenantId: TenantId;
  readonly clusterId: ClusterId;
  /** What the host will be called, where it does not say itself. */
  readonly name: string | null;
  /** Given to the host where it joins anew; a host that comes back keeps the tags it has. */
  readonly tags: readonly string[];
  readonly issuedBy: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly redeemedAt: Date | null;
  readonly redeemedNodeId: NodeId | null;
  readonly withdrawnAt: Date | null;
}

export interface IssuedEnrollmentToken {
  readonly id: EnrollmentTokenId;
  /** Shown once. */
  readonly token: Secret;
  readonly expiresAt: Date;
  /** host:port to dial, also in the token as `cep`; there `endpoints` has those of the other controllers too. */
  readonly controllerEndpoint: string;
}

export const MAX_TOKEN_TTL_SECONDS = 900;
/** `aud` of every token. */
export const TOKEN_AUDIENCE = 'edge-enrollment';
