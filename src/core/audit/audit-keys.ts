import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { deriveKey } from '../kernel/derived-key.ts';
import type { TenantId } from '../kernel/ids.ts';

/** PKCS #8 of an Ed25519 private key up to the seed (RFC 8410 §7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The keys of the audit log, all derived from the installation's secret key with HKDF-SHA-256 (RFC 5869), so that whoever
 * writes in the database holds none of them, and every controller of one database has the same:
 *
 * - one for the chain of each tenant (`garrison/1/audit-chain/{tenant id}`). Who has it can check that chain, and write it
 *   anew; it tells nothing about other chains or about the secret key.
 * - the Ed25519 key that signs checkpoints (`garrison/1/audit-checkpoint`), whose public half may be shown to anybody.
 */
export class AuditKeys {
  readonly #secretKey: Buffer;
  readonly #signingKey: KeyObject;
  /** SPKI, PEM. */
  readonly publicKeyPem: string;

  /** @param secretKey 32 bytes. */
  constructor(secretKey: Buffer) {
    this.#secretKey = secretKey;
    const der = Buffer.concat([ED25519_PKCS8, this.#derive('audit-checkpoint')]);
    this.#signingKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    this.publicKeyPem = createPublicKey(this.#signingKey).export({ type: 'spki', format: 'pem' }).toString();
  }

  chainKey(tenantId: TenantId): Buffer {
    return this.#derive(`audit-chain/${tenantId}`);
  }

  /** Ed25519 over the UTF-8 of the text. */
  sign(text: string): Buffer {
    return sign(null, Buffer.from(text, 'utf8'), this.#signingKey);
  }

  #derive(purpose: string): Buffer {
    return deriveKey(this.#secretKey, purpose);
  }
}

export function isSignedBy(publicKeyPem: string, text: string, signature: Buffer): boolean {
  return verify(null, Buffer.from(text, 'utf8'), createPublicKey(publicKeyPem), signature);
}

export function hmac(key: Buffer, ...parts: readonly (Buffer | string)[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** In a time that does not tell where two hashes differ. */
export function isSameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
