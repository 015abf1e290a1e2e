/** What a key may look like from outside: algorithm, base64, comment (seed 001). */
export const PUBLIC_KEY_PATTERN =
  '^(ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa)\\s+([A-Za-z0-9+/]+=*)\\s*(.*)$';

const KEY = new RegExp(PUBLIC_KEY_PATTERN);
const MIN_RSA_BITS = 2_048;
/** Bytes of an uncompressed point. */
const POINT_BYTES: Readonly<Record<string, number>> = { nistp256: 65, nistp384: 97, nistp521: 133 };

/**
 * What is wrong with an OpenSSH public key, or undefined. The inside is looked at too (RFC 4253 §6.6, 5656, 8709): it
 * has to name the same algorithm and to hold exactly what that one needs.
 */
export function problemOfPublicKey(text: string): string | undefined {
  const [, algorithm, base64] = KEY.exec(text) ?? [];
  if (algorithm === undefined || base64 === undefined) {
    return 'is no OpenSSH public key of a kind that is taken: ssh-ed25519, ecdsa-sha2-nistp256, -384 or -521, ssh-rsa';
  }
  const fields = readFields(Buffer.from(base64, 'base64'));
  if (fields === undefined) return 'is cut short or holds something else';
  const [inner, ...parts] = fields;
  if (inner?.toString('latin1') !== algorithm) return `says ${algorithm} and holds a key of another kind`;
  return problemOfParts(algorithm, parts);
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

/** Of a positive number in two's complement. */
function bitsOf(number: Buffer): number {
  const start = number.findIndex((byte) => byte !== 0);
  const highest = number[start];
  return highest === undefined ? 0 : (number.length - start - 1) * 8 + (32 - Math.clz32(highest));
}
