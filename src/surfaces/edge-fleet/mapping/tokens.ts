import type { EnrollmentToken, IssuedEnrollmentToken } from '#core/enrolment/enrollment-token.ts';
import { writeInstant } from './instant.ts';

export function writeIssuedToken({ token, expiresAt, controllerEndpoint }: IssuedEnrollmentToken) {
  const text = token.reveal();
  return {
    token: text,
    expires_at: writeInstant(expiresAt),
    controller_endpoint: controllerEndpoint,
    qr_payload: `aegis-edge-enroll://${text}`,
  };
}

export function writeTokenRecord(token: EnrollmentToken, tenantSlug: string) {
  return {
    id: token.id,
    name: token.name,
    tags: [...token.tags],
    tenant_id: tenantSlug,
    issued_at: writeInstant(token.issuedAt),
    expires_at: writeInstant(token.expiresAt),
    redeemed_at: token.redeemedAt && writeInstant(token.redeemedAt),
    withdrawn_at: token.withdrawnAt && writeInstant(token.withdrawnAt),
  };
}
