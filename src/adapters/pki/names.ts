import { explicit, implicit, octetString, oid, sequence, set, utf8 } from '#runtime/write-der.ts';

/** Object identifiers, DER, with the RFC that gives them. */
export const OID = {
  // RFC 5280
  commonName: oid('2.5.4.3'),
  subjectKeyId: oid('2.5.29.14'),
  keyUsage: oid('2.5.29.15'),
  subjectAltName: oid('2.5.29.17'),
  basicConstraints: oid('2.5.29.19'),
  crlNumber: oid('2.5.29.20'),
  reasonCode: oid('2.5.29.21'),
  authorityKeyId: oid('2.5.29.35'),
  extendedKeyUsage: oid('2.5.29.37'),
  serverAuth: oid('1.3.6.1.5.5.7.3.1'),
  clientAuth: oid('1.3.6.1.5.5.7.3.2'),
  // RFC 5480, RFC 5758, RFC 8410
  ecPublicKey: oid('1.2.840.10045.2.1'),
  p256: oid('1.2.840.10045.3.1.7'),
  p384: oid('1.3.132.0.34'),
  ecdsaWithSha256: oid('1.2.840.10045.4.3.2'),
  ecdsaWithSha384: oid('1.2.840.10045.4.3.3'),
  ed25519: oid('1.3.101.112'),
} as const;

/** The algorithm of every signature of ours. */
export const ECDSA_WITH_SHA256 = sequence(OID.ecdsaWithSha256);

/** A distinguished name of one common name. */
export function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(OID.commonName, utf8(commonName))));
}

export function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, octetString(value));
}

/** Names the key of the issuer, so that verifiers find the right one of several authorities. */
export function authorityKeyId(subjectKeyId: Buffer): Buffer {
  return extension(OID.authorityKeyId, sequence(implicit(0, subjectKeyId)));
}

export function extensions(number: number, list: readonly Buffer[]): Buffer {
  return explicit(number, sequence(...list));
}
