/**
 * The words of SFTP version 3 (draft-ietf-secsh-filexfer-02, the one OpenSSH speaks), and how they are read and written. Texts are
 * bytes to SFTP; here they are latin1 strings, which keep every byte as it is.
 */
import type { Stats } from 'node:fs';

export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

export const ANSWER = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 201,
} as const;

export const STATUS = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const;

export const OPEN_FLAGS = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

const HAS = { size: 1, owner: 2, mode: 4, times: 8, more: 0x8000_0000 } as const;

export interface Attributes {
  readonly size?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly mode?: number;
  readonly times?: { readonly accessed: number; readonly modified: number };
}

/** What a packet holds. @throws RangeError for one that is too short */
export class PacketReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#step(1));
  }

  number(): number {
    return this.#bytes.readUInt32BE(this.#step(4));
  }

  /** Beyond 2^53 no file has a byte. */
  long(): number {
    const value = this.#bytes.readBigUInt64BE(this.#step(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('an offset that no file has');
    return Number(value);
  }

  bytes(): Buffer {
    const length = this.number();
    const at = this.#step(length);
    if (at + length > this.#bytes.length) throw new RangeError('a packet is shorter than it says');
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    return this.bytes().toString('latin1');
  }

  attributes(): Attributes {
    const flags = this.number();
    const read = {
      ...((flags & HAS.size) !== 0 && { size: this.long() }),
      ...((flags & HAS.owner) !== 0 && { owner: { uid: this.number(), gid: this.number() } }),
      ...((flags & HAS.mode) !== 0 && { mode: this.number() & 0o7777 }),
      ...((flags & HAS.times) !== 0 && { times: { accessed: this.number(), modified: this.number() } }),
    };
    return read;
  }

  #step(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

export class PacketWriter {
  readonly #parts: Buffer[] = [];

  byte(value: number): this {
    this.#parts.push(Buffer.of(value));
    return this;
  }

  number(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32BE(value >>> 0);
    this.#parts.push(part);
    return this;
  }

  long(value: number): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(value))));
    this.#parts.push(part);
    return this;
  }

  bytes(value: Buffer): this {
    this.number(value.length);
    this.#parts.push(value);
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value, 'latin1'));
  }

  attributes(stats: Stats): this {
    this.number(HAS.size | HAS.owner | HAS.mode | HAS.times).long(stats.size);
    this.number(stats.uid).number(stats.gid).number(stats.mode);
    return this.number(Math.max(0, stats.atimeMs / 1_000)).number(Math.max(0, stats.mtimeMs / 1_000));
  }

  /** With its length in front. */
  packet(): Buffer {
    const length = this.#parts.reduce((sum, part) => sum + part.length, 0);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(length);
    return Buffer.concat([head, ...this.#parts]);
  }
}
