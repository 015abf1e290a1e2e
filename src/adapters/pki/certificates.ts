import { hash, randomBytes } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { CertificateRequest, SignedCertificate, Signer } from '#core/certificates/pki.ts';
import { encodePem } from '#runtime/pem.ts';
import {
  bitString,
  booleanTrue,
  derInteger,
  explicit,
  implicit,
  octetString,
  sequence,
  time,
} from '#runtime/write-der.ts';
import { children, readDer } from './der.ts';
import { authorityKeyId, distinguishedName, ECDSA_WITH_SHA256, extension, extensions, OID } from './names.ts';

/** RFC 5280 §4.1: everything of a certificate that differs from one to the next. */
interface CertificateFields {
  readonly commonName: string;
  readonly publicKey: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Beside the two key ids, which all have. */
  readonly extensions: readonly Buffer[];
}

export function signLeafCertificate(signer: Signer, request: CertificateRequest): SignedCertificate {
  const names = extension(OID.subjectAltName, alternativeNames(request));
  return signCertificate(signer, { ...request, extensions: [...LEAF[request.usage], names] });
}

export function signAuthorityCertificate(
  signer: Signer,
  request: Omit<CertificateFields, 'extensions'>,
  pathLength: number,
): SignedCertificate {
  const constraints = criticalExtension(OID.basicConstraints, sequence(booleanTrue, derInteger(pathLength)));
  return signCertificate(signer, { ...request, extensions: [constraints, CERT_SIGN_AND_CRL_SIGN] });
}

function signCertificate(signer: Signer, fields: CertificateFields): SignedCertificate {
  const serial = newSerial();
  const subjectKeyId = keyIdOf(fields.publicKey);
  const keyIds = [extension(OID.subjectKeyId, octetString(subjectKeyId)), authorityKeyId(signer.subjectKeyId)];
  const toBeSigned = sequence(
    VERSION_3,
    derInteger(serial),
    ECDSA_WITH_SHA256,
    signer.subject,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    distinguishedName(fields.commonName),
    fields.publicKey,
    extensions(3, [...fields.extensions, ...keyIds]),
  );
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(signer.sign(toBeSigned)));
  return {
    pem: encodePem('CERTIFICATE', der),
    serial: serial.toString('hex').toUpperCase(),
    subject: `CN=${fields.commonName}`,
    fingerprint: hash('sha256', der, 'buffer'),
    publicKeyHash: hash('sha256', fields.publicKey, 'buffer'),
    subjectKeyId,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
  };
}

/** The subject of a certificate as it stands in it: what it signs must repeat it byte for byte. */
export function readSubject(certificate: Buffer): Buffer {
  const [toBeSigned] = children(readDer(certificate));
  const subject = toBeSigned && children(toBeSigned)[5];
  if (!subject) throw new Error('the certificate has no subject');
  return subject.raw;
}

/** The left 160 bits of the SHA-256 of the key's bits (RFC 7093 §2, method 1). */
export function keyIdOf(publicKey: Buffer): Buffer {
  const bits = children(readDer(publicKey))[1];
  if (!bits) throw new Error('the public key has no bits');
  return hash('sha256', bits.content.subarray(1), 'buffer').subarray(0, 20);
}

/** 16 random bytes that are positive and have no leading zero digit, so that there is one way to write them. */
function newSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = 0x10 | ((serial[0] ?? 0) & 0x7f);
  return serial;
}

function criticalExtension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, booleanTrue, octetString(value));
}

function alternativeNames({ uris = [], dnsNames = [], ipAddresses = [] }: CertificateRequest): Buffer {
  return sequence(
    ...uris.map((uri) => implicit(6, Buffer.from(uri, 'ascii'))),
    ...dnsNames.map((name) => implicit(2, Buffer.from(name, 'ascii'))),
    ...ipAddresses.map((address) => implicit(7, Buffer.from(ipaddr.parse(address).toByteArray()))),
  );
}

const VERSION_3 = explicit(0, derInteger(2));
/** RFC 5280 §4.2.1.3: bit 0. */
const DIGITAL_SIGNATURE = criticalExtension(OID.keyUsage, bitString(Buffer.of(0b1000_0000), 7));
/** Bits 5 and 6. */
const CERT_SIGN_AND_CRL_SIGN = criticalExtension(OID.keyUsage, bitString(Buffer.of(0b0000_0110), 1));
const NO_AUTHORITY = criticalExtension(OID.basicConstraints, sequence());

/** What all leaves of a usage have in common, written once. */
const LEAF = {
  client: [NO_AUTHORITY, DIGITAL_SIGNATURE, extension(OID.extendedKeyUsage, sequence(OID.clientAuth))],
  server: [NO_AUTHORITY, DIGITAL_SIGNATURE, extension(OID.extendedKeyUsage, sequence(OID.serverAuth))],
};
