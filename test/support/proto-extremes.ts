/**
 * Frames of the node protocol with one field at an extreme of its type and everything else as usual, read from the
 * `.proto` file itself: a field that is added is covered from then on.
 */
import { readFileSync } from 'node:fs';

interface Field {
  readonly isRepeated: boolean;
  readonly type: string;
  readonly name: string;
  readonly number: number;
}

/** One way to write a field: none, once, or again and again. */
type Written = readonly Buffer[];

export interface Extreme {
  /** Such as `heartbeat.free_slots = 4294967295`. */
  readonly name: string;
  /** A NodeFrame. */
  readonly bytes: Buffer;
}

const MANY = 3_000;
const TIMESTAMP: readonly Field[] = [
  { isRepeated: false, type: 'int64', name: 'seconds', number: 1 },
  { isRepeated: false, type: 'int32', name: 'nanos', number: 2 },
];

const messages = readMessages(
  readFileSync(new URL('../../proto/garrison/node/v1/node.proto', import.meta.url), 'utf8'),
);

function readMessages(proto: string): ReadonlyMap<string, readonly Field[]> {
  const found = new Map<string, Field[]>([['google.protobuf.Timestamp', [...TIMESTAMP]]]);
  let fields: Field[] = [];
  for (const line of proto.replaceAll(/\/\/.*$/gm, '').split('\n')) {
    const [, message] = /^message (\w+)/.exec(line) ?? [];
    if (message !== undefined || /^(enum|service)/.test(line)) fields = [];
    if (message !== undefined) found.set(message, fields);
    const [, label, type, name, number] =
      /^\s+(repeated |optional )?(map<string, string>|[\w.]+) (\w+) = (\d+)/.exec(line) ?? [];
    if (type === undefined || name === undefined) continue;
    fields.push({ isRepeated: label === 'repeated ' || type.startsWith('map'), type, name, number: Number(number) });
  }
  return found;
}

/** Values that make a frame meaningful, by the name of the field. */
export type Usual = Readonly<Record<string, string | number>>;

/** Every frame a node can send, with every field at its extremes. */
export function extremeFrames(usual: Usual): Extreme[] {
  return fieldsOf('NodeFrame').flatMap((frame) =>
    extremesOf(frame.type, usual).map(({ name, bytes }) => ({
      name: `${frame.name}.${name}`,
      bytes: lengthDelimited(frame.number, bytes),
    })),
  );
}

function extremesOf(message: string, usual: Usual): Extreme[] {
  const fields = fieldsOf(message);
  return fields.flatMap((field) =>
    extremeWritings(field, usual).map(({ name, written }) => ({
      name,
      bytes: Buffer.concat(fields.flatMap((other) => (other === field ? written : usualWriting(other, usual)))),
    })),
  );
}

function extremeWritings(field: Field, usual: Usual): { readonly name: string; readonly written: Written }[] {
  const { name, type } = field;
  const values = isMessage(type)
    ? extremesOf(type, usual).map((extreme) => ({
        name: `${name}.${extreme.name}`,
        written: [lengthDelimited(field.number, extreme.bytes)],
      }))
    : extremeScalars(field).map((value) => ({ name: `${name} = ${value.name}`, written: [value.bytes] }));
  const none = { name: `${name} absent`, written: [] };
  if (!field.isRepeated) return [none, ...values];
  const [one] = usualWriting(field, usual, true);
  return [none, ...values, { name: `${name} × ${MANY}`, written: Array<Buffer>(MANY).fill(one as Buffer) }]; // one was asked for
}

function usualWriting(field: Field, usual: Usual, isWanted = !field.isRepeated || isMessage(field.type)): Written {
  const { name, type, number } = field;
  if (!isWanted) return [];
  if (isMessage(type)) {
    const fields = fieldsOf(type).flatMap((inner) => usualWriting(inner, usual));
    return [lengthDelimited(number, Buffer.concat(fields))];
  }
  const value = usual[name] ?? 1;
  if (type === 'string' || type === 'bytes') return [lengthDelimited(number, Buffer.from(String(usual[name] ?? 'x')))];
  if (type.startsWith('map')) return [lengthDelimited(number, entry(Buffer.from('key'), Buffer.from('value')))];
  return [type === 'double' ? double(number, Number(value)) : varint(number, BigInt(value))];
}

const TEXTS: Readonly<Record<string, Buffer>> = {
  'empty text': Buffer.from(''),
  NUL: Buffer.from('a\0b'),
  'a text whose 255th unit is half a character': Buffer.from(`${'x'.repeat(254)}😀`),
  'a long text': Buffer.alloc(100_000, 'x'),
  'no UTF-8': Buffer.from([0xff, 0xfe, 0x80]),
  'half a surrogate pair': Buffer.from([0xed, 0xa0, 0x80]),
  __proto__: Buffer.from('__proto__'),
};

const WHOLE: readonly bigint[] = [
  0n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n, // as an int64 the least
  2n ** 64n - 2n ** 31n, // as an int32 the least
  2n ** 64n - 1n,
];

const FLOATING = [Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -0];

function extremeScalars({ type, number }: Field): Extreme[] {
  const texts = Object.entries(TEXTS);
  if (type.startsWith('map')) {
    const value = Buffer.from('value');
    return texts.flatMap(([name, text]) => [
      { name: `{ ${name}: value }`, bytes: lengthDelimited(number, entry(text, value)) },
      { name: `{ key: ${name} }`, bytes: lengthDelimited(number, entry(Buffer.from('key'), text)) },
    ]);
  }
  if (type === 'string' || type === 'bytes')
    return texts.map(([name, text]) => ({ name, bytes: lengthDelimited(number, text) }));
  if (type === 'double') return FLOATING.map((value) => ({ name: String(value), bytes: double(number, value) }));
  return WHOLE.map((value) => ({ name: String(value), bytes: varint(number, value) }));
}

function entry(key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([lengthDelimited(1, key), lengthDelimited(2, value)]);
}

function fieldsOf(message: string): readonly Field[] {
  const fields = messages.get(message);
  if (fields === undefined) throw new Error(`node.proto has no message ${message}`);
  return fields;
}

function isMessage(type: string): boolean {
  return messages.has(type);
}

function varint(number: number, value: bigint): Buffer {
  return Buffer.concat([base128(BigInt(number) << 3n), base128(value)]);
}

function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([base128((BigInt(number) << 3n) | 1n), bytes]);
}

export function lengthDelimited(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([base128((BigInt(number) << 3n) | 2n), base128(BigInt(bytes.length)), bytes]);
}

function base128(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
