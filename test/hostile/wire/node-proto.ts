import { readFileSync } from 'node:fs';
import { bytesField, doubleField, type Fields, readFields, varintField } from './protobuf.ts';

/** The node protocol as its `.proto` file has it: read as text, so that a frame that comes later is attacked too. */
export interface Field {
  readonly name: string;
  readonly number: number;
  /** A scalar type, `map`, or the name of a message or enum. */
  readonly type: string;
  readonly isRepeated: boolean;
}

export type Messages = ReadonlyMap<string, readonly Field[]>;

const PROTO = new URL('../../../proto/garrison/node/v1/node.proto', import.meta.url);
export const MESSAGES: Messages = readMessages(readFileSync(PROTO, 'utf8'));
const INTEGERS = new Set(['uint32', 'uint64', 'int32', 'int64', 'bool', 'OutputStream']);

/** What a message is made from: names as in the `.proto` file. Lists stand for repeated fields. */
export interface Content {
  readonly [field: string]: number | bigint | boolean | string | Buffer | Content | readonly unknown[];
}

export function encode(message: string, content: Content): Buffer {
  const fields = fieldsOf(message);
  const parts = Object.entries(content).flatMap(([name, given]) => {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) throw new Error(`${message} has no field ${name}`);
    return (Array.isArray(given) ? given : [given]).map((value) => encodeField(field, value));
  });
  return Buffer.concat(parts);
}

/** One `NodeFrame`. */
export function nodeFrame(kind: string, content: Content | Buffer): Buffer {
  const field = fieldsOf('NodeFrame').find(({ name }) => name === kind);
  if (field === undefined) throw new Error(`there is no frame ${kind}`);
  return bytesField(field.number, Buffer.isBuffer(content) ? content : encode(field.type, content));
}

/** Which frame of the controller it is, and its fields by number. */
export function readControllerFrame(bytes: Buffer): { readonly kind: string; readonly fields: Fields } {
  for (const [number, [value]] of readFields(bytes)) {
    const field = fieldsOf('ControllerFrame').find((one) => one.number === number);
    if (field !== undefined && Buffer.isBuffer(value)) return { kind: field.name, fields: readFields(value) };
  }
  return { kind: 'unknown', fields: new Map() };
}

export function fieldsOf(message: string): readonly Field[] {
  if (message === 'google.protobuf.Timestamp') return TIMESTAMP;
  const fields = MESSAGES.get(message);
  if (fields === undefined) throw new Error(`there is no message ${message}`);
  return fields;
}

const TIMESTAMP: readonly Field[] = [
  { name: 'seconds', number: 1, type: 'int64', isRepeated: false },
  { name: 'nanos', number: 2, type: 'int32', isRepeated: false },
];

export function isMessage(type: string): boolean {
  return type === 'google.protobuf.Timestamp' || MESSAGES.has(type);
}

function encodeField({ number, type }: Field, value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return bytesField(number, value);
  if (isMessage(type)) return bytesField(number, encode(type, value as Content)); // the caller gives a message its content
  if (INTEGERS.has(type)) return varintField(number, BigInt(value as number));
  if (type === 'double') return doubleField(number, Number(value));
  if (type === 'map') {
    const [name, text] = value as [string, string];
    return bytesField(number, Buffer.concat([bytesField(1, name), bytesField(2, text)]));
  }
  return bytesField(number, String(value));
}

function readMessages(proto: string): Messages {
  const messages = new Map<string, Field[]>();
  let fields: Field[] | undefined;
  for (const line of proto.split('\n')) {
    const [, opened] = /^message (\w+) \{/.exec(line) ?? [];
    if (opened !== undefined || line.startsWith('}')) fields = opened === undefined ? undefined : [];
    if (opened !== undefined && fields !== undefined) messages.set(opened, fields);
    const [, repeated, type, name, number] =
      /^ {2,4}(repeated |optional )?(map<string, string>|[\w.]+) (\w+) = (\d+);/.exec(line) ?? [];
    if (fields === undefined || type === undefined || name === undefined) continue;
    const isMap = type.startsWith('map<');
    fields.push({
      name,
      number: Number(number),
      type: isMap ? 'map' : type,
      isRepeated: isMap || repeated === 'repeated ',
    });
  }
  return messages;
}
