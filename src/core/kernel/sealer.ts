import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

/**
 * Seals what the database holds and nobody may read there: AES-256-GCM under the controller's secret key.
 * Sealed form: version byte, 96-bit nonce, ciphertext, 128-bit tag. The context says what the value is (`authority-key/{id}`)
 * and is authenticated with it, so that a value moved to another row does not open.
 */
export class Sealer {
  /** Not its bytes: those would be made a key again at every use, which takes four times as long as opening a value. */
  readonly #key: KeyObject;

  /** @param key 32 bytes. */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new RangeError(`a sealing key has 32 bytes, not ${key.length}`);
    this.#key = createSecretKey(key);
  }

  seal(plain: Buffer | string, context: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const header = Buffer.concat([Buffer.of(VERSION), nonce]);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(authenticated(context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([header, sealed, cipher.getAuthTag()]);
  }

  /** @throws UnsealError when the value was sealed with another key or for another context, or has been changed. */
  open(sealed: Buffer, context: string): Buffer {
    if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new UnsealError(context);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(1, HEADER_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(authenticated(context));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new UnsealError(context, cause);
    }
  }
}

export class UnsealError extends Error {
  constructor(context: string, cause?: unknown) {
    super(
      `${context} does not open with this secret key. Every controller of one database needs the same secret key: ` +
        'copy secret.key from the data directory of the first one, or give both the same GARRISON_SECRET_KEY.',
      { cause },
    );
    this.name = 'UnsealError';
  }
}

function authenticated(context: string): Buffer {
  return Buffer.from(`garrison/${VERSION}/${context}`, 'utf8');
}
