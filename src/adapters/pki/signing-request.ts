import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { RefusedSigningRequest, SigningRequest } from '#core/certificates/pki.ts';
import { DER_TAG, sequence } from '#runtime/write-der.ts';
import { children, DerError, type DerValue, readDer } from './der.ts';
import { OID } from './names.ts';

const MAX_BYTES = 8 * 1024;

/**
 * RFC 2986. Of a request only the key and the proof that its sender holds it count; subject and attributes are claims
 * of a stranger and go no further.
 */
export function readSigningRequest(der: Buffer): SigningRequest | RefusedSigningRequest {
  if (der.length > MAX_BYTES) return refuse(`is larger than ${MAX_BYTES} bytes`);
  try {
    const request = readFields(readDer(der));
    const key = readPublicKey(request.publicKey);
    if (!key) return refuse('holds a key of another kind than P-256, P-384 or Ed25519');
    if (!request.algorithm.equals(key.signatureAlgorithm))
      return refuse('is signed with an algorithm that does not go with its key');
    if (!verify(key.hash, request.signed, key.object, request.signature))
      return refuse('is not signed by the key it holds');
    return { isAccepted: true, publicKey: request.publicKey };
  } catch (error) {
    if (error instanceof DerError) return refuse(`is not a PKCS#10 request in DER: ${error.message}`);
    throw error;
  }
}

/** Whether `signature` over `message` comes from the private half of `publicKey`. */
export function verifySignature(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  const key = readPublicKey(publicKey);
  return key !== undefined && verify(key.hash, message, key.object, signature);
}

interface RequestFields {
  readonly signed: Buffer;
  readonly publicKey: Buffer;
  readonly algorithm: Buffer;
  readonly signature: Buffer;
}

function readFields(request: DerValue): RequestFields {
  const [info, algorithm, signature, ...more] = inside(request, 'the request');
  if (!info || !algorithm || signature?.tag !== DER_TAG.bitString || more.length > 0)
    throw new DerError('it has not three parts');
  const [version, subject, publicKey] = inside(info, 'the first part');
  if (version?.tag !== DER_TAG.integer || !version.content.equals(VERSION_1))
    throw new DerError('it is of another version');
  if (subject?.tag !== DER_TAG.sequence || publicKey?.tag !== DER_TAG.sequence)
    throw new DerError('subject or key is missing');
  if (signature.content[0] !== 0) throw new DerError('the signature is no whole number of bytes');
  return {
    signed: info.raw,
    publicKey: publicKey.raw,
    algorithm: algorithm.raw,
    signature: signature.content.subarray(1),
  };
}

function inside(value: DerValue, what: string): DerValue[] {
  if (value.tag !== DER_TAG.sequence) throw new DerError(`${what} is no sequence`);
  return children(value);
}

interface AcceptedKey {
  readonly object: KeyObject;
  readonly hash: string | null;
  readonly signatureAlgorithm: Buffer;
}

/** Undefined for a key that cannot be read (a point off the curve, say) or is of a kind we do not take. */
function readPublicKey(spki: Buffer): AcceptedKey | undefined {
  const kind = KEY_KINDS.find(({ header }) => spki.subarray(0, header.length).equals(header));
  const object = kind && parseKey(spki);
  return object && { ...kind, object };
}

function parseKey(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined; // OpenSSL says only that it cannot be read
  }
}

function refuse(problem: string): RefusedSigningRequest {
  return { isAccepted: false, problem };
}

const VERSION_1 = Buffer.of(0);

/**
 * The kinds of keys we take, by how their SubjectPublicKeyInfo begins: named curves only, points uncompressed. One way
 * to write a key means one hash of it.
 */
const KEY_KINDS = [
  {
    header: keyHeader(91, [OID.ecPublicKey, OID.p256], 66, 4),
    hash: 'sha256',
    signatureAlgorithm: sequence(OID.ecdsaWithSha256),
  },
  {
    header: keyHeader(120, [OID.ecPublicKey, OID.p384], 98, 4),
    hash: 'sha384',
    signatureAlgorithm: sequence(OID.ecdsaWithSha384),
  },
  { header: keyHeader(44, [OID.ed25519], 33), hash: null, signatureAlgorithm: sequence(OID.ed25519) },
];

/** SEQUENCE of `bytes` in all { algorithm, BIT STRING of `bits` bytes, none unused, beginning with `first` }. */
function keyHeader(bytes: number, algorithm: readonly Buffer[], bits: number, ...first: readonly number[]): Buffer {
  return Buffer.concat([
    Buffer.of(DER_TAG.sequence, bytes - 2),
    sequence(...algorithm),
    Buffer.of(DER_TAG.bitString, bits, 0, ...first),
  ]);
}
