import { verify } from 'node:crypto';
import { decode, MinisignFormatError, type MinisignPublicKey } from './public-key.ts';

/** A .minisig file, read and not yet believed. */
export interface MinisignSignature {
  readonly keyId: Buffer;
  readonly signature: Buffer;
  /** Covered by the signature, and readable without the file that is signed. */
  readonly trustedComment: string;
  readonly commentSignature: Buffer;
}

const TRUSTED = 'trusted comment: ';
const UNTRUSTED = 'untrusted comment: ';
/** A file that was hashed first (BLAKE2b-512); the older form needs all of it in memory and is not taken. */
const ALGORITHM = 'ED';
const LONGEST_FILE = 16_384;

/** @throws MinisignFormatError */
export function readSignature(text: string): MinisignSignature {
  if (text.length > LONGEST_FILE) throw new MinisignFormatError('this is too long for a signature of minisign');
  const [untrusted = '', first = '', trusted = '', second = '', ...more] = text.trim().split(/\r?\n/);
  if (!untrusted.startsWith(UNTRUSTED) || !trusted.startsWith(TRUSTED) || more.length > 0)
    throw new MinisignFormatError('this is not a signature of minisign');
  const bytes = decode(first, 74, 'a signature of minisign');
  if (bytes.toString('latin1', 0, 2) !== ALGORITHM)
    throw new MinisignFormatError('the signature is of the older form of minisign; sign again with minisign -S -H');
  return {
    keyId: bytes.subarray(2, 10),
    signature: bytes.subarray(10),
    trustedComment: trusted.slice(TRUSTED.length),
    commentSignature: decode(second, 64, 'a signature of minisign'),
  };
}

/** Whether the key has signed the trusted comment, with whatever file belongs to it. */
export function isCommentSigned(by: MinisignPublicKey, found: MinisignSignature): boolean {
  const signed = Buffer.concat([found.signature, Buffer.from(found.trustedComment)]);
  return by.keyId.equals(found.keyId) && verify(null, signed, by.key, found.commentSignature);
}

/** Whether the key has signed the file of this BLAKE2b-512. */
export function isFileSigned(by: MinisignPublicKey, found: MinisignSignature, blake2b512: Buffer): boolean {
  return by.keyId.equals(found.keyId) && verify(null, blake2b512, by.key, found.signature);
}

export function writeSignature(found: MinisignSignature): string {
  const first = Buffer.concat([Buffer.from(ALGORITHM), found.keyId, found.signature]).toString('base64');
  return `${UNTRUSTED}signature from garrison\n${first}\n${TRUSTED}${found.trustedComment}\n${found.commentSignature.toString('base64')}\n`;
}
