/**
 * The spool as a sequence of segment files. Chunks of all executions are appended to the newest segment; a segment whose
 * chunks have all been released is removed. Small results never cost a file of their own, and what the disk holds is
 * bounded by the sizes of the segments.
 *
 * A chunk on the disk: CRC-32 of all that follows, length, ordinal, stream (u32 each), offset (f64), execution id (16
 * bytes), data. Recovery reads a segment up to the first chunk that is not whole.
 */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, readSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Spool, SpooledChunk, StreamNumber } from './spool.ts';

export interface FileSpoolOptions {
  readonly directory: string;
  /** Most bytes on the disk. Default 256 MiB. */
  readonly quotaBytes?: number | undefined;
  /** Size at which a segment is followed by the next. Default 4 MiB, an eighth of the quota at most. */
  readonly segmentBytes?: number;
  /** How soon a disk that took nothing is tried again when nothing was released meanwhile. Default 1,000 ms. */
  readonly retryMs?: number;
}

interface Segment {
  readonly path: string;
  readonly file: number;
  size: number;
  liveChunks: number;
}

interface StoredChunk extends SpooledChunk {
  readonly segment: Segment;
  /** Where the data begins in the segment. */
  readonly position: number;
}

const HEADER_BYTES = 40;

export function openFileSpool(options: FileSpoolOptions): FileSpool {
  return new FileSpool(options);
}

export class FileSpool implements Spool {
  readonly recovered: readonly SpooledChunk[];
  readonly #directory: string;
  readonly #quotaBytes: number;
  readonly #segmentBytes: number;
  readonly #retryMs: number;
  readonly #segments = new Set<Segment>();
  #newest: Segment | undefined;
  #nextNumber = 1;
  #usedBytes = 0;
  #isFull = false;
  #room: (PromiseWithResolvers<void> & { timer: NodeJS.Timeout }) | undefined;

  constructor(options: FileSpoolOptions) {
    this.#directory = options.directory;
    this.#quotaBytes = options.quotaBytes ?? 256 * 1024 * 1024;
    this.#segmentBytes = options.segmentBytes ?? Math.min(4 * 1024 * 1024, Math.ceil(this.#quotaBytes / 8));
    this.#retryMs = options.retryMs ?? 1000;
    this.recovered = this.#recover();
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  put(chunk: Omit<SpooledChunk, 'length'>, data: Uint8Array): SpooledChunk | undefined {
    const stored = this.#put(chunk, data);
    this.#isFull = stored === undefined;
    return stored;
  }

  #put(chunk: Omit<SpooledChunk, 'length'>, data: Uint8Array): StoredChunk | undefined {
    const length = HEADER_BYTES + data.length;
    if (this.#usedBytes + length > this.#quotaBytes && this.#newest?.liveChunks === 0) this.#truncate(this.#newest);
    if (this.#usedBytes + length > this.#quotaBytes) return undefined;
    let segment: Segment;
    try {
      segment = this.#writableSegment();
    } catch {
      return undefined; // the disk takes no new file: no room, told as such
    }
    const position = segment.size + HEADER_BYTES;
    if (!this.#write(segment, [headerOf(chunk, data), data])) return undefined;
    segment.liveChunks += 1;
    return { ...chunk, length: data.length, segment, position };
  }

  read(chunk: SpooledChunk): Buffer {
    const { segment, position, length } = chunk as StoredChunk; // every chunk of a spool came from its put or recovery
    const data = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) {
      const bytes = readSync(segment.file, data, at, length - at, position + at);
      if (bytes === 0) throw new Error(`${segment.path} ends before the chunk at ${position}`);
      at += bytes;
    }
    return data;
  }

  release(chunk: SpooledChunk): void {
    const { segment } = chunk as StoredChunk; // as above
    segment.liveChunks -= 1;
    if (segment.liveChunks > 0) return;
    if (segment !== this.#newest) this.#remove(segment);
    else if (segment.size > this.#segmentBytes / 4) this.#truncate(segment);
    else return;
    this.#tellRoom();
  }

  whenRoom(): Promise<void> {
    this.#room ??= {
      ...Promise.withResolvers<void>(),
      timer: setTimeout(() => this.#tellRoom(), this.#retryMs),
    };
    return this.#room.promise;
  }

  close(): void {
    this.#tellRoom();
    for (const segment of [...this.#segments]) {
      if (segment.liveChunks === 0) this.#remove(segment);
      else closeSync(segment.file);
    }
    this.#segments.clear();
    this.#newest = undefined;
  }

  #writableSegment(): Segment {
    if (this.#newest !== undefined && this.#newest.size < this.#segmentBytes) return this.#newest;
    const before = this.#newest;
    const path = join(this.#directory, `${String(this.#nextNumber).padStart(8, '0')}.segment`);
    this.#newest = { path, file: openSync(path, 'wx+', 0o600), size: 0, liveChunks: 0 };
    this.#nextNumber += 1;
    this.#segments.add(this.#newest);
    if (before?.liveChunks === 0) this.#remove(before);
    return this.#newest;
  }

  #write(segment: Segment, parts: readonly Uint8Array[]): boolean {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    try {
      const written = writevSync(segment.file, parts, segment.size);
      if (written < length) throw new Error('short write');
    } catch {
      this.#takeBack(segment);
      return false;
    }
    segment.size += length;
    this.#usedBytes += length;
    return true;
  }

  /** What a failed write left behind must not stand before the next chunk. */
  #takeBack(segment: Segment): void {
    try {
      ftruncateSync(segment.file, segment.size);
    } catch {
      this.#newest = undefined;
      if (segment.liveChunks === 0) this.#remove(segment);
    }
  }

  #remove(segment: Segment): void {
    closeSync(segment.file);
    rmSync(segment.path, { force: true });
    this.#segments.delete(segment);
    this.#usedBytes -= segment.size;
  }

  #truncate(segment: Segment): void {
    ftruncateSync(segment.file, 0);
    this.#usedBytes -= segment.size;
    segment.size = 0;
  }

  #tellRoom(): void {
    if (this.#room === undefined) return;
    clearTimeout(this.#room.timer);
    this.#room.resolve();
    this.#room = undefined;
  }

  #recover(): SpooledChunk[] {
    const names = readdirSync(this.#directory)
      .filter((name) => name.endsWith('.segment'))
      .sort();
    return names.flatMap((name) => {
      this.#nextNumber = Math.max(this.#nextNumber, Number.parseInt(name, 10) + 1);
      return this.#recoverSegment(join(this.#directory, name));
    });
  }

  #recoverSegment(path: string): StoredChunk[] {
    const bytes = readFileSync(path);
    const segment: Segment = { path, file: openSync(path, 'r+'), size: bytes.length, liveChunks: 0 };
    const chunks = [...chunksIn(bytes, segment)];
    if (chunks.length === 0) {
      closeSync(segment.file);
      rmSync(path, { force: true });
      return [];
    }
    segment.liveChunks = chunks.length;
    this.#segments.add(segment);
    this.#usedBytes += segment.size;
    return chunks;
  }
}

function headerOf(chunk: Omit<SpooledChunk, 'length'>, data: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(data.length, 4);
  header.writeUInt32LE(chunk.ordinal, 8);
  header.writeUInt32LE(chunk.stream, 12);
  header.writeDoubleLE(chunk.offset, 16);
  header.write(chunk.executionId.replaceAll('-', ''), 24, 'hex');
  header.writeUInt32LE(crc32(data, crc32(header.subarray(4))), 0);
  return header;
}

function* chunksIn(bytes: Buffer, segment: Segment): Generator<StoredChunk> {
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const position = at + HEADER_BYTES;
    const length = bytes.readUInt32LE(at + 4);
    if (position + length > bytes.length) return;
    if (crc32(bytes.subarray(at + 4, position + length)) !== bytes.readUInt32LE(at)) return;
    const id = bytes.toString('hex', at + 24, at + 40);
    yield {
      executionId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
      ordinal: bytes.readUInt32LE(at + 8),
      stream: bytes.readUInt32LE(at + 12) as StreamNumber, // the checksum says that we wrote it
      offset: bytes.readDoubleLE(at + 16),
      length,
      segment,
      position,
    };
    at = position + length;
  }
}
