/** A key of 16,384 bits has 2.9 KB; the rest is its comment. */
export const MAX_PUBLIC_KEY_LENGTH = 16_384;

const KINDS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];
const MIN_RSA_BITS = 2_048;
/** Bytes of an uncompressed point. */
const POINT_BYTES: Readonly<Record<string, number>> = { nistp256: 65, nistp384: 97, nistp521: 133 };

/**
 * What is wrong with an OpenSSH public key, or undefined. The inside is looked at too (RFC 4253 §6.6, 5656, 8709): it
 * has to name the same algorithm and to hold exactly what that one needs.
 */
export function problemOfPublicKey(text: string): string | undefined {
  const { algorithm, base64 } = partsOf(text);
  if (algorithm === undefined || base64 === undefined) {
    return 'is not an OpenSSH public key of a supported kind: ssh-ed25519, ecdsa-sha2-nistp256, -384 or -521, ssh-rsa';
  }
  const fields = readFields(Buffer.from(base64, 'base64'));
  if (fields === undefined) return 'is cut off, or is not a public key';
  const [inner, ...parts] = fields;
  if (inner?.toString('latin1') !== algorithm) return `says ${algorithm} and holds a key of another kind`;
  return problemOfParts(algorithm, parts);
}

/** Whether it has the form that the contract asks for (seed 001: a pattern); what is inside is another question. */
export function hasFormOfPublicKey(text: string): boolean {
  return partsOf(text).algorithm !== undefined;
}

/** Algorithm, base64, comment (seed 001), by hand: the pattern of the contract takes quadratic time. Undefined: of another form. */
function partsOf(text: string): { algorithm?: string; base64?: string } {
  const [algorithm = '', base64 = ''] = text.split(/\s+/, 2);
  const isOneLine = !/[\n\r\u2028\u2029]/.test(text);
  return isOneLine && KINDS.includes(algorithm) && isBase64(base64) ? { algorithm, base64 } : {};
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function problemOfParts(algorithm: string, parts: readonly Buffer[]): string | undefined {
  const [first, second] = parts;
  if (algorithm === 'ssh-ed25519') return parts.length === 1 && first?.length === 32 ? undefined : MALFORMED;
  if (parts.length !== 2 || first === undefined || second === undefined) return MALFORMED;
  if (algorithm === 'ssh-rsa') return bitsOf(second) < MIN_RSA_BITS ? `has less than ${MIN_RSA_BITS} bits` : undefined;
  const curve = algorithm.slice('ecdsa-sha2-'.length);
  const isPoint = second.length === POINT_BYTES[curve] && second[0] === 4;
  return first.toString('latin1') === curve && isPoint ? undefined : MALFORMED;
}

const MALFORMED = 'does not hold what its algorithm needs';

/** Length-prefixed fields up to the end; undefined when the last one is not whole. */
function readFields(bytes: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** Returns the length in bits of a positive number in two's complement. */
function bitsOf(number: Buffer): number {
  const start = number.findIndex((byte) => byte !== 0);
  const highest = number[start];
  return highest === undefined ? 0 : (number.length - start - 1) * 8 + (32 - Math.clz32(highest));
}
