import { createPublicKey, type KeyObject } from 'node:crypto';

/** A key as `minisign -G` writes it into its .pub file. */
export interface MinisignPublicKey {
  /** 8 bytes that name the key; they prove nothing. */
  readonly keyId: Buffer;
  readonly key: KeyObject;
  /** One line of base64, as `minisign -P` takes it. */
  readonly text: string;
}

/** What is not of the form of minisign. The message is for people. */
export class MinisignFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MinisignFormatError';
  }
}

const ALGORITHM = 'Ed';
const BYTES = 42;
/** DER of an Ed25519 key up to the 32 bytes of the key itself (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads the file, or its second line alone. @throws MinisignFormatError */
export function readPublicKey(text: string): MinisignPublicKey {
  const line = lastLine(text);
  const bytes = decode(line, BYTES, 'a public key of minisign');
  if (bytes.toString('latin1', 0, 2) !== ALGORITHM)
    throw new MinisignFormatError('the public key is of an algorithm other than Ed25519');
  return { keyId: bytes.subarray(2, 10), key: ed25519PublicKey(bytes.subarray(10)), text: line };
}

export function ed25519PublicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}

export function encodePublicKey(keyId: Buffer, raw: Buffer): string {
  return Buffer.concat([Buffer.from(ALGORITHM), keyId, raw]).toString('base64');
}

/** As minisign prints it: the bytes are a little-endian number. */
export function keyIdText(keyId: Buffer): string {
  return Buffer.from(keyId).reverse().toString('hex').toUpperCase();
}

/** @throws MinisignFormatError */
export function decode(line: string, length: number, what: string): Buffer {
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== length || bytes.toString('base64') !== line)
    throw new MinisignFormatError(`this is not ${what}`);
  return bytes;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
