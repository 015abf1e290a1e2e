/**
 * Reads DER (X.690), as much of it as certificates, signing requests and revocation lists need. Its bytes are hostile:
 * definite, minimal lengths and one-byte tags only, never a read past the end.
 */
import { lengthBytes } from '#runtime/write-der.ts';

/** One value as read. `raw` is the whole of it, tag and length included. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

export class DerError extends Error {}

/** The one value that `bytes` is. @throws DerError */
export function readDer(bytes: Buffer): DerValue {
  const value = readAt(bytes, 0);
  if (value.raw.length !== bytes.length) throw new DerError('bytes follow the value');
  return value;
}

/** The values inside a SEQUENCE, SET or explicit tag. @throws DerError */
export function children(parent: DerValue): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < parent.content.length; ) {
    const value = readAt(parent.content, at);
    values.push(value);
    at += value.raw.length;
  }
  return values;
}

function readAt(bytes: Buffer, at: number): DerValue {
  const tag = byteAt(bytes, at);
  if ((tag & 0x1f) === 0x1f) throw new DerError('tags of more than one byte do not occur here');
  const { length, start } = readLength(bytes, at + 1);
  const end = start + length;
  if (end > bytes.length) throw new DerError('the value ends too early');
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) };
}

function readLength(bytes: Buffer, at: number): { length: number; start: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 4) throw new DerError('the length is indefinite or absurd');
  byteAt(bytes, at + count);
  const length = bytes.readUIntBE(at + 1, count);
  if (lengthBytes(length) !== count + 1) throw new DerError('the length is not minimal');
  return { length, start: at + 1 + count };
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError('the value ends too early');
  return byte;
}
