import type { Random } from './random.ts';

/** What programs stumble over: put in anywhere. */
const TOKENS: readonly Buffer[] = [
  ...[
    '\0',
    '\r\n',
    '\n\n',
    '\r\n\r\n',
    '%00',
    '%',
    '../',
    '{"a":',
    '[[[[',
    '\\ud800',
    '-1',
    '99999999999999999999',
    '1e999',
  ],
  ...[
    'null',
    'true',
    '"',
    "'",
    ';',
    '{{',
    '__proto__',
    'constructor',
    '\u202e',
    '\u{1f4a5}',
    ' '.repeat(500),
    'A'.repeat(5_000),
  ],
].map((token) => Buffer.from(token));
const NUMBERS = ['ff', '7f', '00', '80', 'ffff', '7fffffff', '80000000', 'ffffffff', 'ffffffffffffffffff01'].map(
  (hex) => Buffer.from(hex, 'hex'),
);

/** The bytes with one to eight changes: flipped, put in, taken out, repeated, cut, or mixed with another of the corpus. */
export function mutate(random: Random, seed: Buffer, corpus: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let change = 1 + random.below(8); change > 0; change -= 1) bytes = random.pick(CHANGES)(random, bytes, corpus);
  return bytes.subarray(0, 200_000);
}

type Change = (random: Random, bytes: Buffer, corpus: readonly Buffer[]) => Buffer;

const CHANGES: readonly Change[] = [
  (random, bytes) => {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  (random, bytes) => insert(random, bytes, random.pick(TOKENS)),
  (random, bytes) => insert(random, bytes, random.pick(NUMBERS)),
  (random, bytes) => insert(random, bytes, random.bytes(1 + random.below(20))),
  (random, bytes) => {
    const [from, to] = rangeOf(random, bytes);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (random, bytes) => {
    const [from, to] = rangeOf(random, bytes);
    const times = 1 + random.below(50);
    return Buffer.concat([bytes.subarray(0, to), ...Array(times).fill(bytes.subarray(from, to)), bytes.subarray(to)]);
  },
  (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  (random, bytes, corpus) => {
    const other = random.pick(corpus);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];

function insert(random: Random, bytes: Buffer, what: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

function rangeOf(random: Random, bytes: Buffer): [number, number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(64))];
}
