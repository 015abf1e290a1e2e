import { type Content, encode, type Field, fieldsOf, isMessage } from './node-proto.ts';
import { bytesField, key, varint } from './protobuf.ts';

/** A name for the report, and one message with one field at an extreme. */
export interface Variant {
  readonly name: string;
  readonly bytes: Buffer;
}

const MOST = 2n ** 64n - 1n;
const NUMBERS = [0n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n + 1n, 2n ** 63n, MOST];
const TEXTS = [
  '',
  '\0',
  'x'.repeat(200_000),
  '\u202e\u0007\u009b',
  '{"a":'.repeat(30_000),
  Buffer.from([0xff, 0xfe, 0xc0]),
];
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  bool: [2n, MOST],
  int32: [...NUMBERS, -1n],
  int64: [...NUMBERS, -1n],
  double: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.7e308, -0],
  bytes: [Buffer.alloc(0), Buffer.alloc(900_000)],
  string: TEXTS,
  map: [
    ['', ''],
    ['__proto__', 'x'],
    ['\0', '\0'],
    ['k'.repeat(100_000), 'v'.repeat(100_000)],
  ],
};

/** Every field of the message, nested ones too, at each of its extremes; the other fields as in `base`. */
export function variantsOf(message: string, base: Content): Variant[] {
  const others = encode(message, base);
  const variants = extremesOf(message, message, 0).map(({ name, bytes }) => ({
    name,
    bytes: Buffer.concat([others, bytes]),
  }));
  return [...variants, ...nonsense(message, others)];
}

function extremesOf(message: string, path: string, depth: number): Variant[] {
  return fieldsOf(message).flatMap((field) => fieldExtremes(field, message, `${path}.${field.name}`, depth));
}

function fieldExtremes(field: Field, message: string, path: string, depth: number): Variant[] {
  const one = (value: unknown) => encode(message, { [field.name]: [value] });
  const wrongType = {
    name: `${path}: wrong wire type`,
    bytes: Buffer.concat([key(field.number, 5), Buffer.alloc(4, 0xff)]),
  };
  if (isMessage(field.type)) {
    const inner = depth < 3 ? extremesOf(field.type, path, depth + 1) : [];
    const garbage = { name: `${path}: garbage`, bytes: bytesField(field.number, Buffer.from([0xff, 0xff, 0xff])) };
    return [wrongType, garbage, ...inner.map(({ name, bytes }) => ({ name, bytes: bytesField(field.number, bytes) }))];
  }
  const values = VALUES[field.type] ?? NUMBERS;
  const single = values.map((value, index) => ({ name: `${path} #${index}`, bytes: one(value) }));
  const sample =
    field.type === 'map' ? Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 'v']) : [values.at(-1)];
  const many = field.type === 'map' ? sample : Array(10_000).fill(values[0]);
  const repeated = field.isRepeated ? [{ name: `${path}: many`, bytes: Buffer.concat(many.map(one)) }] : [];
  return [wrongType, ...single, ...repeated];
}

/** What is no message at all, or only just. */
function nonsense(message: string, others: Buffer): Variant[] {
  return [
    { name: `${message}: unknown fields`, bytes: Buffer.concat([others, bytesField(536_870_911, 'later')]) },
    { name: `${message}: field number 0`, bytes: Buffer.concat([others, key(0, 0), varint(1)]) },
    { name: `${message}: varint without end`, bytes: Buffer.concat([others, Buffer.alloc(20, 0xff)]) },
    { name: `${message}: length beyond the end`, bytes: Buffer.concat([others, key(1, 2), varint(2 ** 31)]) },
    { name: `${message}: groups within groups`, bytes: Buffer.concat([others, Buffer.alloc(50_000, 0x0b)]) },
    { name: `${message}: cut in the middle`, bytes: others.subarray(0, Math.floor(others.length / 2)) },
  ];
}
