import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

/** A string that never shows itself: `String(secret)`, JSON and `console.log` print `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** SHA-256 of a high-entropy credential: what the database keeps of it, and looks it up by. */
export function hashCredential(value: string): Buffer {
  return createHash('sha256').update(value, 'utf8').digest();
}

/** `prefix` and 64 hex digits: 256 random bits. */
export function newCredential(prefix: string): string {
  return prefix + randomBytes(32).toString('hex');
}
