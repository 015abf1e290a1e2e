/**
 * A text that only one node can read: an ephemeral P-256 key agrees with the key of the node's certificate (ECDH),
 * HKDF-SHA256 makes a key of it, AES-256-GCM seals. `about` is bound into it: what was sealed for one dispatch does not
 * open for another.
 *
 * Bytes: version (1), the ephemeral public key (65, uncompressed), the nonce (12), the sealed text, the tag (16); base64.
 */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

const VERSION = 1;
const POINT_BYTES = 65;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const INFO = 'garrison node sealing v1';

/** @param publicKey of the node: SPKI, DER, P-256. @throws where it is no such key */
export function sealToNode(publicKey: Uint8Array, text: string, about: string): string {
  const theirs = pointOf(createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }).export(JWK));
  const ephemeral = createECDH('prime256v1');
  const ours = ephemeral.generateKeys();
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(ephemeral.computeSecret(theirs), ours, theirs), nonce);
  cipher.setAAD(Buffer.from(about, 'utf8'));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), ours, nonce, sealed, cipher.getAuthTag()]).toString('base64');
}

/** @param privateKey PEM. Undefined where it was not sealed to this key and for this. */
export function openSealed(privateKey: string, sealed: string, about: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < 1 + POINT_BYTES + NONCE_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
  const theirs = bytes.subarray(1, 1 + POINT_BYTES);
  const nonce = bytes.subarray(1 + POINT_BYTES, 1 + POINT_BYTES + NONCE_BYTES);
  const body = bytes.subarray(1 + POINT_BYTES + NONCE_BYTES, -TAG_BYTES);
  try {
    const own = createECDH('prime256v1');
    own.setPrivateKey(Buffer.from(createPrivateKey(privateKey).export(JWK).d ?? '', 'base64url'));
    const key = keyFrom(own.computeSecret(theirs), theirs, own.getPublicKey());
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAAD(Buffer.from(about, 'utf8'));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return undefined; // another key, another dispatch, or not whole: none of them is told apart
  }
}

/** What a node tells for others to seal to. @param privateKey PEM of its identity */
export function sealingKeyOf(privateKey: string): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}

const JWK = { format: 'jwk' } as const;

function pointOf({ x = '', y = '' }: { readonly x?: string; readonly y?: string }): Buffer {
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

function keyFrom(secret: Buffer, ephemeral: Uint8Array, node: Uint8Array): Buffer {
  const salt = Buffer.concat([ephemeral, node]);
  return Buffer.from(hkdfSync('sha256', secret, salt, INFO, 32));
}
