/** Limited output as records of a file: stream (u8), length (u32), offset (f64), data. Its size is bounded by the limit. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writevSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { OutputSink } from '../../executions/output-recorder.ts';
import type { StreamNumber } from '../../spool/spool.ts';

const HEADER_BYTES = 13;
const RETRY_MS = 1000;

export interface OutputRecord {
  readonly stream: StreamNumber;
  readonly offset: number;
  readonly data: Buffer;
}

export class OutputFileWriter implements OutputSink {
  readonly isAllSent = true;
  readonly #file: number;
  #size = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'wx', 0o600);
  }

  add(stream: StreamNumber, offset: number, data: Buffer): boolean {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(stream, 0);
    header.writeUInt32LE(data.length, 1);
    header.writeDoubleLE(offset, 5);
    try {
      if (writevSync(this.#file, [header, data], this.#size) < HEADER_BYTES + data.length)
        throw new Error('short write');
    } catch {
      ftruncateSync(this.#file, this.#size);
      return false; // no room on the disk
    }
    this.#size += HEADER_BYTES + data.length;
    return true;
  }

  whenRoom(): Promise<void> {
    return delay(RETRY_MS);
  }

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }
}

/** Reads what is whole; what is being written is read the next time. */
export class OutputFileReader {
  readonly #path: string;
  #file: number | undefined;
  #at = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The next record, as often as it is asked for until `advance`. */
  peek(): OutputRecord | undefined {
    const file = this.#open();
    if (file === undefined) return undefined;
    const { size } = fstatSync(file);
    if (this.#at + HEADER_BYTES > size) return undefined;
    const header = this.#bytes(file, HEADER_BYTES, this.#at);
    const length = header.readUInt32LE(1);
    if (this.#at + HEADER_BYTES + length > size) return undefined;
    const data = this.#bytes(file, length, this.#at + HEADER_BYTES);
    return { stream: header.readUInt8(0) as StreamNumber, offset: header.readDoubleLE(5), data }; // we wrote it
  }

  advance(record: OutputRecord): void {
    this.#at += HEADER_BYTES + record.data.length;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #open(): number | undefined {
    try {
      this.#file ??= openSync(this.#path, 'r');
    } catch {
      // its runner has not made it yet
    }
    return this.#file;
  }

  #bytes(file: number, length: number, at: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const read = readSync(file, bytes, done, length - done, at + done);
      if (read === 0) throw new Error(`${this.#path} became shorter`);
      done += read;
    }
    return bytes;
  }
}
