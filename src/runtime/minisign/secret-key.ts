import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
  sign,
} from 'node:crypto';
import { decode, encodePublicKey, keyIdText, MinisignFormatError } from './public-key.ts';
import { type MinisignSignature, writeSignature } from './signature.ts';

/** A key as `minisign -G` writes it, opened. */
export interface MinisignSecretKey {
  readonly keyId: Buffer;
  readonly key: KeyObject;
  /** As in the .pub file. */
  readonly publicText: string;
}

const BYTES = 158;
const HIDDEN = { at: 54, length: 104 } as const;
/** minisign itself writes none into keys without a password; whether a key is whole is told by its public half. */
const NO_CHECKSUM = Buffer.alloc(32);
const SCRYPT = 'Sc';
const CHECK = 'B2';
const NO_KDF = '\0\0';
/** DER of an Ed25519 private key up to its 32 bytes (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Reads a secret key of minisign; one with a password needs it, and a gigabyte of memory for a moment, as minisign does.
 * @throws MinisignFormatError
 */
export function readSecretKey(text: string, password?: string): MinisignSecretKey {
  const bytes = decode(text.trim().split('\n').at(-1)?.trim() ?? '', BYTES, 'a secret key of minisign');
  const [algorithm, kdf, check] = [0, 2, 4].map((at) => bytes.toString('latin1', at, at + 2));
  if (algorithm !== 'Ed' || check !== CHECK) throw new MinisignFormatError('this is not a secret key of minisign');
  const hidden = bytes.subarray(HIDDEN.at);
  if (kdf === NO_KDF) return open(hidden);
  if (kdf !== SCRYPT) throw new MinisignFormatError('the secret key is locked in a way that is not known');
  if (password === undefined) throw new MinisignFormatError('the secret key is locked with a password');
  return open(xor(hidden, stretch(password, bytes)));
}

/** A new key, not locked: the text of its file. */
export function generateSecretKey(): { readonly secretText: string; readonly publicText: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const keyId = randomBytes(8);
  const kept = Buffer.concat([keyId, seed, raw]);
  const head = Buffer.concat([Buffer.from(`Ed${NO_KDF}${CHECK}`, 'latin1'), Buffer.alloc(48)]);
  const body = Buffer.concat([head, kept, NO_CHECKSUM]).toString('base64');
  const publicBody = encodePublicKey(keyId, raw);
  return {
    secretText: `untrusted comment: minisign secret key ${keyIdText(keyId)}\n${body}\n`,
    publicText: `untrusted comment: minisign public key ${keyIdText(keyId)}\n${publicBody}\n`,
  };
}

/** The text of the .minisig file for a file of this BLAKE2b-512. */
export function signDigest(secret: MinisignSecretKey, blake2b512: Buffer, trustedComment: string): string {
  if (/[\r\n]/.test(trustedComment)) throw new MinisignFormatError('a trusted comment is one line');
  const signature = sign(null, blake2b512, secret.key);
  const commentSignature = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), secret.key);
  const signed: MinisignSignature = { keyId: secret.keyId, signature, trustedComment, commentSignature };
  return writeSignature(signed);
}

function open(hidden: Buffer): MinisignSecretKey {
  const kept = hidden.subarray(0, 72);
  const [keyId, seed, raw] = [kept.subarray(0, 8), kept.subarray(8, 40), kept.subarray(40)];
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  if (!createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).equals(raw))
    throw new MinisignFormatError('the secret key is damaged, or the password is wrong');
  return { keyId, key, publicText: encodePublicKey(keyId, raw) };
}

/** scrypt with the limits in the key, turned into its parameters as libsodium does. */
function stretch(password: string, bytes: Buffer): Buffer {
  const salt = bytes.subarray(6, 38);
  const operations = Number(bytes.readBigUInt64LE(38));
  const memory = Number(bytes.readBigUInt64LE(46));
  const r = 8;
  const isMemoryBound = operations >= memory / 32;
  const most = isMemoryBound ? memory / (r * 128) : operations / (r * 4);
  if (!(most >= 2 && most <= 2 ** 24)) throw new MinisignFormatError('the secret key asks for more work than is sane');
  const exponent = Math.max(1, Math.ceil(Math.log2(Math.floor(most) / 2 + 1)));
  const N = 2 ** exponent;
  const p = isMemoryBound ? Math.max(1, Math.floor(Math.min(operations / 4 / N, 0x3fffffff) / r)) : 1;
  return scryptSync(password, salt, HIDDEN.length, { N, r, p, maxmem: 128 * N * r * 2 });
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)));
}
