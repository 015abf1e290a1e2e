import { hkdfSync } from 'node:crypto';

const KEY_BYTES = 32;

/**
 * A key for one purpose (`garrison/1/{purpose}`), derived from the installation's secret key with HKDF-SHA-256 (RFC 5869):
 * every controller of one database has the same, and who has it can tell neither the secret key nor another one.
 */
export function deriveKey(secretKey: Buffer, purpose: string): Buffer {
  if (secretKey.length !== KEY_BYTES) throw new RangeError(`a secret key has 32 bytes, not ${secretKey.length}`);
  return Buffer.from(hkdfSync('sha256', secretKey, Buffer.alloc(0), `garrison/1/${purpose}`, KEY_BYTES));
}
