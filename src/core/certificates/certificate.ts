import type { Id, NodeId, TenantId } from '../kernel/ids.ts';
import type { RevocationReason } from './pki.ts';

export type AuthorityId = Id<'authority'>;

/** Whom a certificate names. Outposts are nodes; their contract gives them a subject of its own. */
export type CertificateSubject =
  | { readonly purpose: 'node' | 'outpost'; readonly tenantId: TenantId; readonly nodeId: NodeId }
  | {
      readonly purpose: 'controller';
      readonly tenantId: TenantId;
      readonly commonName: string;
      readonly dnsNames: readonly string[];
      readonly ipAddresses: readonly string[];
    };

/** A certificate as it is kept. Never with a private key: none is stored. */
export interface Certificate {
  /** Upper-case hex. */
  readonly serial: string;
  readonly tenantId: TenantId;
  readonly authorityId: AuthorityId;
  readonly nodeId: NodeId | null;
  readonly purpose: CertificateSubject['purpose'];
  readonly subject: string;
  /** SHA-256 of the certificate, DER. */
  readonly fingerprint: Buffer;
  readonly publicKeyHash: Buffer;
  readonly pem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly revokedAt: Date | null;
  readonly revocationReason: RevocationReason | null;
  readonly createdAt: Date;
}

/** What whoever asked for a certificate is given. */
export interface IssuedCertificate {
  readonly serial: string;
  /** The leaf alone. */
  readonly certificatePem: string;
  /** The leaf, then the intermediate that signed it. */
  readonly chainPem: string;
  /** Every authority to trust: intermediates, then the root. */
  readonly caBundlePem: string;
  readonly fingerprint: Buffer;
  readonly issuedAt: Date;
  readonly notAfter: Date;
}

const DAY_MS = 86_400_000;

/** Lifetime of every leaf, from its issue on. */
export const LEAF_LIFETIME_MS = 90 * DAY_MS;
/**
 * Certificates begin before they are issued, for hosts whose clock is behind: they verify ours, and we theirs, by the clock of
 * the machine. An hour has to be possible, so it is two. Outposts: one minute, as their contract was read (decisions).
 */
export const BACKDATED_MS: Readonly<Record<CertificateSubject['purpose'], number>> = {
  node: 7_200_000,
  outpost: 60_000,
  controller: 7_200_000,
};
/** Authorities begin before every leaf they sign. */
export const AUTHORITY_BACKDATED_MS = DAY_MS;
export const ROOT_LIFETIME_MS = 7_305 * DAY_MS;
export const INTERMEDIATE_LIFETIME_MS = 1_826 * DAY_MS;

/** Certificates write whole seconds: so do we from the start. */
export function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1_000) * 1_000);
}
