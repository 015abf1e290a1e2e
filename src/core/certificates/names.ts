import type { CertificateSubject } from './certificate.ts';
import type { CertificateRequest } from './pki.ts';

/** The installation's own part of every name. */
export interface CertificateNames {
  /** Host part of the SPIFFE ids, the installation's own: `garrison.internal`. */
  readonly trustDomain: string;
  /** End of the common names of outposts (seed 000): `arbitex.internal`. */
  readonly outpostSuffix: string;
}

/** What a new installation has that is told nothing else. */
export const DEFAULT_NAMES: CertificateNames = { trustDomain: 'garrison.internal', outpostSuffix: 'arbitex.internal' };

/**
 * What is written into the certificate of a subject. Names are for people and for other programs; we ourselves know a
 * certificate by its fingerprint.
 */
export function namesOf(
  subject: CertificateSubject,
  { trustDomain, outpostSuffix }: CertificateNames,
): Omit<CertificateRequest, 'publicKey' | 'notBefore' | 'notAfter'> {
  switch (subject.purpose) {
    case 'node': {
      const { tenantId, nodeId } = subject;
      return {
        usage: 'client',
        commonName: `node-${nodeId}`,
        uris: [`spiffe://${trustDomain}/org/${tenantId}/node/${nodeId}`],
      };
    }
    case 'outpost': {
      const { tenantId, nodeId } = subject;
      return {
        usage: 'client',
        commonName: `outpost-${tenantId}-${nodeId}.${outpostSuffix}`,
        uris: [`spiffe://${trustDomain}/org/${tenantId}/outpost/${nodeId}`],
      };
    }
    case 'controller': {
      const { commonName, dnsNames, ipAddresses } = subject;
      return { usage: 'server', commonName, dnsNames, ipAddresses };
    }
  }
}
