import { explicit, implicit, octetString, oid, sequence, set, utf8 } from './der.ts';

/** Object identifiers, dotted, with the RFC that gives them. */
export const OID = {
  // RFC 5280
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  // RFC 5480, RFC 5758, RFC 8410
  ecPublicKey: '1.2.840.10045.2.1',
  p256: '1.2.840.10045.3.1.7',
  p384: '1.3.132.0.34',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ed25519: '1.3.101.112',
} as const;

/** The algorithm of every signature of ours. */
export const ECDSA_WITH_SHA256 = sequence(oid(OID.ecdsaWithSha256));

/** A distinguished name of one common name. */
export function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(oid(OID.commonName), utf8(commonName))));
}

export function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), octetString(value));
}

/** Names the key of the issuer, so that verifiers find the right one of several authorities. */
export function authorityKeyId(subjectKeyId: Buffer): Buffer {
  return extension(OID.authorityKeyId, sequence(implicit(0, subjectKeyId)));
}

export function extensions(number: number, list: readonly Buffer[]): Buffer {
  return explicit(number, sequence(...list));
}
