import { createHash, type Hash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { FleetError } from '#core/kernel/fleet-error.ts';

/**
 * A backup is one gzip file: a line `garrison backup 1`, then frames of one letter, a length (4 bytes, big-endian) and
 * that many bytes:
 *
 *     H header    T table begins    D its rows, as COPY writes them    E table ends    S sequences    Z the end
 *
 * All but D are JSON. E holds the SHA-256 of its table's rows, Z that of all frames that are JSON: a file that is cut,
 * damaged or put together differently does not pass.
 */
const Header = Type.Object({
  createdAt: Type.String(),
  /** The migrations the schema had been through. */
  migrations: Type.Array(Type.Object({ version: Type.Integer(), name: Type.String(), checksum: Type.String() })),
  serverVersion: Type.String(),
  /** Partitions that were made while running. */
  partitions: Type.Array(Type.Object({ name: Type.String(), parent: Type.String(), bounds: Type.String() })),
});
export type BackupHeader = Static<typeof Header>;

const Begin = Type.Object({ name: Type.String(), columns: Type.Array(Type.String()) });
export type TableBegin = Static<typeof Begin>;

const End = Type.Object({
  name: Type.String(),
  rows: Type.Integer(),
  bytes: Type.Integer(),
  /** Hex, over the rows in the order of the primary key. */
  sha256: Type.String(),
});
export type TableEnd = Static<typeof End>;

const Sequences = Type.Array(Type.Object({ name: Type.String(), lastValue: Type.Integer(), isCalled: Type.Boolean() }));
export type SequenceValue = Static<typeof Sequences>[number];

const readers = {
  H: Compile(Header),
  T: Compile(Begin),
  E: Compile(End),
  S: Compile(Sequences),
  Z: Compile(Type.String()),
};

export type Part =
  | { readonly kind: 'H'; readonly value: BackupHeader }
  | { readonly kind: 'T'; readonly value: TableBegin }
  | { readonly kind: 'D'; readonly value: Buffer }
  | { readonly kind: 'E'; readonly value: TableEnd }
  | { readonly kind: 'S'; readonly value: readonly SequenceValue[] };

const firstLine = Buffer.from('garrison backup 1\n');
const longestFrame = 256 * 1024 * 1024;

export async function writeParts(parts: AsyncIterable<Part>, output: Writable): Promise<void> {
  await pipeline(encode(parts), createGzip({ level: 4 }), output);
}

async function* encode(parts: AsyncIterable<Part>): AsyncGenerator<Buffer> {
  const manifest = createHash('sha256');
  yield firstLine;
  for await (const { kind, value } of parts) {
    if (kind === 'D') yield frame(kind, value);
    else yield frame(kind, hashed(manifest, Buffer.from(JSON.stringify(value))));
  }
  yield frame('Z', Buffer.from(JSON.stringify(manifest.digest('hex'))));
}

/**
 * The parts of a backup, each table's rows already proven against its hash when its E comes.
 *
 * @throws FleetError `invalid` when it is not a backup, damaged, or cut
 */
export async function* readParts(input: Readable): AsyncGenerator<Part> {
  const unpacked = createGunzip();
  const unpacking = pipeline(input, unpacked).catch((error: Error) => error);
  try {
    yield* decode(new ByteReader(unpacked));
  } catch (error) {
    throw error instanceof FleetError ? error : damaged(`it cannot be read: ${(error as Error).message}`);
  } finally {
    unpacked.destroy();
    await unpacking;
  }
}

async function* decode(bytes: ByteReader): AsyncGenerator<Part> {
  const line = await bytes.take(firstLine.length);
  if (!line.equals(firstLine)) throw damaged('it does not begin as one (or was made by a newer version)');
  const manifest = createHash('sha256');
  let rows = createHash('sha256');
  for (;;) {
    const head = await bytes.take(5);
    const kind = head.toString('latin1', 0, 1);
    const length = head.readUInt32BE(1);
    if (length > longestFrame) throw damaged('a frame is longer than any can be');
    const content = await bytes.take(length);
    switch (kind) {
      case 'D':
        rows.update(content);
        yield { kind, value: content };
        break;
      case 'E': {
        const value = readers.E.Parse(json(manifest, content));
        if (rows.digest('hex') !== value.sha256)
          throw damaged(`the rows of ${value.name} are not those that were saved`);
        rows = createHash('sha256');
        yield { kind, value };
        break;
      }
      case 'H':
        yield { kind, value: readers.H.Parse(json(manifest, content)) };
        break;
      case 'T':
        yield { kind, value: readers.T.Parse(json(manifest, content)) };
        break;
      case 'S':
        yield { kind, value: readers.S.Parse(json(manifest, content)) };
        break;
      case 'Z':
        if (readers.Z.Parse(JSON.parse(content.toString())) !== manifest.digest('hex'))
          throw damaged('its parts do not belong together');
        return;
      default:
        throw damaged(`a frame of an unknown kind (${JSON.stringify(kind)})`);
    }
  }
}

function frame(kind: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function hashed(hash: Hash, content: Buffer): Buffer {
  hash.update(content);
  return content;
}

function json(manifest: Hash, content: Buffer): unknown {
  return JSON.parse(hashed(manifest, content).toString());
}

export function damaged(problem: string): FleetError {
  return new FleetError('invalid', `this is not a whole backup: ${problem}. Use another copy of it`);
}

/** Exact numbers of bytes out of a stream. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer> {
    const pieces = [this.#rest];
    let available = this.#rest.length;
    while (available < count) {
      const { value, done } = await this.#chunks.next();
      if (done === true) throw damaged('it ends too early');
      pieces.push(value);
      available += value.length;
    }
    const all = pieces.length === 1 ? this.#rest : Buffer.concat(pieces);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }
}
