import type { Static } from 'typebox';
import type { Certificate as CoreCertificate } from '#core/certificates/certificate.ts';
import type { StoredAuthority } from '#core/certificates/store.ts';
import type { Authority, Certificate } from '../wire/certificates.ts';
import { writeInstant, writeOptionalInstant } from './instants.ts';

export function writeCertificate(certificate: CoreCertificate): Static<typeof Certificate> {
  return {
    serial: certificate.serial,
    org_id: certificate.tenantId,
    node_id: certificate.nodeId,
    authority_id: certificate.authorityId,
    purpose: certificate.purpose,
    subject: certificate.subject,
    fingerprint: certificate.fingerprint.toString('hex'),
    not_before: writeInstant(certificate.notBefore),
    not_after: writeInstant(certificate.notAfter),
    revoked_at: writeOptionalInstant(certificate.revokedAt),
    revocation_reason: certificate.revocationReason,
    created_at: writeInstant(certificate.createdAt),
  };
}

export function writeAuthority(authority: StoredAuthority): Static<typeof Authority> {
  return {
    id: authority.id,
    kind: authority.kind,
    not_before: writeInstant(authority.notBefore),
    not_after: writeInstant(authority.notAfter),
    is_issuing: authority.isIssuing,
    certificate: authority.certificate,
  };
}
