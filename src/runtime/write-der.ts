/** Writes DER (X.690), as much of it as certificates, signing requests and revocation lists need. */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export const DER_TAG = TAG;

export const sequence = (...parts: readonly Buffer[]): Buffer => wrap(TAG.sequence, Buffer.concat(parts));
export const set = (...parts: readonly Buffer[]): Buffer => wrap(TAG.set, Buffer.concat(parts));
export const octetString = (bytes: Buffer): Buffer => wrap(TAG.octetString, bytes);
export const utf8 = (text: string): Buffer => wrap(TAG.utf8, Buffer.from(text, 'utf8'));
export const booleanTrue: Buffer = Buffer.of(TAG.boolean, 1, 0xff);
export const enumerated = (value: number): Buffer => Buffer.of(TAG.enumerated, 1, value);

/** `unused` bits at the end of the last byte do not count. */
export const bitString = (bytes: Buffer, unused = 0): Buffer =>
  wrap(TAG.bitString, Buffer.concat([Buffer.of(unused), bytes]));

/** `[n] { … }` */
export const explicit = (number: number, ...parts: readonly Buffer[]): Buffer =>
  wrap(0xa0 | number, Buffer.concat(parts));

/** `[n] IMPLICIT` over a primitive type. */
export const implicit = (number: number, bytes: Buffer): Buffer => wrap(0x80 | number, bytes);

/** A non-negative integer from its big-endian bytes or its value. */
export function derInteger(value: Buffer | bigint | number): Buffer {
  const bytes = Buffer.isBuffer(value) ? value : bytesOf(BigInt(value));
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const minimal = bytes.subarray(start);
  return wrap(TAG.integer, (minimal[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), minimal]) : minimal);
}

/** UTCTime through 2049, then GeneralizedTime (RFC 5280 §4.1.2.5). Whole seconds. */
export function time(instant: Date): Buffer {
  const digits = `${instant.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  return instant.getUTCFullYear() < 2050
    ? wrap(TAG.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : wrap(TAG.generalizedTime, Buffer.from(digits, 'latin1'));
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return wrap(TAG.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
    digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function wrap(tag: number, content: Buffer): Buffer {
  const length = content.length;
  const out = Buffer.allocUnsafe(1 + lengthBytes(length) + length);
  out[0] = tag;
  if (length < 0x80) out[1] = length;
  else {
    const count = lengthBytes(length) - 1;
    out[1] = 0x80 | count;
    out.writeUIntBE(length, 2, count);
  }
  content.copy(out, out.length - length);
  return out;
}

/** How many bytes the length of a value takes. */
export function lengthBytes(length: number): number {
  if (length < 0x80) return 1;
  let count = 1;
  for (let left = length; left > 0; left = Math.floor(left / 256)) count++;
  return count;
}
