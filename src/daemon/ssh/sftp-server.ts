/**
 * The subsystem `sftp` as a process of its own, on standard input and output, running as the user who signed in: what the user may
 * not do, the kernel refuses. Requests are done one after the other and answered in their order, because OpenSSH's scp loses
 * data when READs are answered in another one. It ends when its input does.
 */
import { readSync, writeSync } from 'node:fs';
import { SftpFiles } from './sftp-files.ts';
import { ANSWER, PacketReader, PacketWriter, REQUEST } from './sftp-wire.ts';

/** OpenSSH sends 256 KiB and a few bytes at most. */
const LARGEST_PACKET = 512 * 1024;
/** A type and a number. */
const SMALLEST_PACKET = 5;
const EXTENSIONS: readonly (readonly [string, string])[] = [
  ['posix-rename@openssh.com', '1'],
  ['hardlink@openssh.com', '1'],
  ['fsync@openssh.com', '1'],
  ['limits@openssh.com', '1'],
];

const files = new SftpFiles();
const chunk = Buffer.alloc(LARGEST_PACKET);
const pause = new Int32Array(new SharedArrayBuffer(4));
let waiting: Buffer<ArrayBufferLike> = Buffer.alloc(0);

for (let read = readSome(); read > 0; read = readSome()) {
  waiting = Buffer.concat([waiting, chunk.subarray(0, read)]);
  for (let length = lengthOfFirst(); length !== undefined; length = lengthOfFirst()) {
    const packet = waiting.subarray(4, 4 + length);
    waiting = waiting.subarray(4 + length);
    writeAll(answer(packet));
  }
}

/** Undefined while it is not there in full. */
function lengthOfFirst(): number | undefined {
  if (waiting.length < 4) return undefined;
  const length = waiting.readUInt32BE();
  if (length < SMALLEST_PACKET || length > LARGEST_PACKET) process.exit(1);
  return waiting.length >= 4 + length ? length : undefined;
}

function answer(packet: Buffer): Buffer {
  const reader = new PacketReader(packet);
  const type = reader.byte();
  if (type !== REQUEST.init) return files.answer(type, reader);
  const writer = new PacketWriter().byte(ANSWER.version).number(3);
  for (const [name, version] of EXTENSIONS) writer.text(name).text(version);
  return writer.packet();
}

function readSome(): number {
  return whenReady(() => readSync(0, chunk));
}

function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += whenReady(() => writeSync(1, bytes, at));
}

/** Standard input and output may have been made non-blocking by whoever had them before. */
function whenReady(act: () => number): number {
  for (;;) {
    try {
      return act();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException; // thrown by node:fs
      if (code === 'EPIPE' || code === 'EOF') process.exit(0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 2);
    }
  }
}
