import type { Clock } from '../kernel/clock.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Authorities } from './authorities.ts';
import {
  BACKDATED_MS,
  type CertificateSubject,
  type IssuedCertificate,
  LEAF_LIFETIME_MS,
  wholeSecond,
} from './certificate.ts';
import { type CertificateNames, namesOf } from './names.ts';
import type { Pki } from './pki.ts';
import { insertCertificates, type NewCertificate } from './store.ts';

export interface IssuingDeps {
  readonly authorities: Pick<Authorities, 'issuing' | 'bundlePem'>;
  readonly pki: Pick<Pki, 'signCertificate'>;
  readonly names: CertificateNames;
  readonly clock: Clock;
  /** Throws where what would be issued would be wrong. Default: never. */
  readonly mayIssue?: () => void;
}

/** Signs a certificate over `publicKey` (SubjectPublicKeyInfo, DER) and keeps it. */
export async function issueCertificate(
  tx: Queryable,
  deps: IssuingDeps,
  subject: CertificateSubject,
  publicKey: Buffer,
): Promise<IssuedCertificate> {
  const { issued, toKeep } = signCertificate(deps, subject, publicKey);
  await insertCertificates(tx, [toKeep]);
  return issued;
}

/** A certificate that is good only once `toKeep` is kept: for those who issue many in one statement. */
export interface SignedForKeeping {
  readonly issued: IssuedCertificate;
  readonly toKeep: NewCertificate;
}

export function signCertificate(deps: IssuingDeps, subject: CertificateSubject, publicKey: Buffer): SignedForKeeping {
  deps.mayIssue?.();
  const { id: authorityId, signer } = deps.authorities.issuing;
  const issuedAt = wholeSecond(deps.clock.now());
  const signed = deps.pki.signCertificate(signer, {
    ...namesOf(subject, deps.names),
    publicKey,
    notBefore: new Date(issuedAt.getTime() - BACKDATED_MS[subject.purpose]),
    notAfter: new Date(issuedAt.getTime() + LEAF_LIFETIME_MS),
  });
  return {
    issued: {
      serial: signed.serial,
      certificatePem: signed.pem,
      chainPem: signed.pem + signer.certificatePem,
      caBundlePem: deps.authorities.bundlePem,
      fingerprint: signed.fingerprint,
      issuedAt,
      notAfter: signed.notAfter,
    },
    toKeep: { subject, authorityId, signed, at: issuedAt },
  };
}
