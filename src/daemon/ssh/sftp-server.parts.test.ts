/** The SFTP server before clients that no program is: whatever comes, there is an answer to it or an end, and never a crash. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownProgram } from '../tools/own-program.ts';
import { ANSWER, PacketWriter, REQUEST } from './sftp-wire.ts';

const SEED = 20_261_128;
const LARGEST_PACKET = 512 * 1024;
const ANSWERS: ReadonlySet<number> = new Set(Object.values(ANSWER));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-sftp-'));
});
afterAll(() => {
  execFileSync('chmod', ['-R', 'u+rwX', directory]); // what was asked for may have closed it
  rmSync(directory, { recursive: true, force: true });
});

/** In a place of its own, five folders below what it must not leave. */
function start(): ChildProcess & { readonly place: string } {
  const place = mkdtempSync(join(directory, 'place-'));
  const deep = join(place, 'a/b/c/d/e');
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'file'), 'content');
  symlinkSync('loop', join(deep, 'loop'));
  const server = spawn(process.execPath, ownProgram('sftp-server', import.meta.dirname), { cwd: deep });
  return Object.assign(server, { place });
}

interface Answer {
  readonly type: number;
  readonly id: number;
}

/** What it said to all of this, and how it ended. */
async function exchange(...pieces: readonly Uint8Array[]) {
  const server = start();
  server.stdin?.on('error', () => {}); // it ends before it has read everything
  const over = once(server, 'close');
  const said = Promise.all([
    buffer(server.stdout as NodeJS.ReadableStream),
    text(server.stderr as NodeJS.ReadableStream),
  ]); // both are pipes
  for (const piece of pieces) server.stdin?.write(piece);
  server.stdin?.end();
  const [output, problem] = await said;
  const [code, signal] = await over;
  return { answers: answersIn(output), problem, code, signal };
}

function answersIn(output: Buffer): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < output.length; ) {
    const length = output.readUInt32BE(at);
    answers.push({ type: output.readUInt8(at + 4), id: output.readUInt32BE(at + 5) });
    at += 4 + length;
  }
  return answers;
}

const init = new PacketWriter().byte(REQUEST.init).number(3).packet();
const names = [
  'file',
  'new',
  'loop',
  '.',
  '..',
  '../..',
  '../../x',
  '',
  'a\0b',
  '\xff\xfe',
  'x'.repeat(5_000),
  'loop/x',
  'file/x',
  './/./file',
  'new/',
  '%n%s',
  '-rf',
];
const path = fc.constantFrom(...names);
const handle = fc.oneof(
  fc.constantFrom('1', '2', '3', '99', '', '-1', '__proto__', 'constructor'),
  fc.string({ maxLength: 300 }).map((text) => text.replaceAll('/', '_')), // taken for a path, it must not lead out
);
const hostileNumber = fc.oneof(fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff), fc.nat());
const hostileLong = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const field = fc.oneof(
  path.map((value) => textField(value)),
  handle.map((value) => textField(value)),
  hostileNumber.map((value) => numberField(value)),
  hostileLong.map((value) => longField(value)),
  hostileNumber.map((length) => Buffer.concat([numberField(length), Buffer.from('short')])), // says more than there is
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);
/** A request in its form, as far as the type goes; what follows may be anything. */
const request = fc.record({
  type: fc.oneof(
    fc.constantFrom(...Object.values(REQUEST).filter((type) => type !== REQUEST.init)),
    fc.integer({ min: 21, max: 255 }),
  ),
  fields: fc.array(field, { maxLength: 5 }),
});
/** Requests as clients send them, with paths and handles that there are or are not. */
const plausible = fc.oneof(
  fc.tuple(path, hostileNumber).map(([name, flags]) => ({
    type: REQUEST.open,
    fields: [textField(name), numberField(flags & 0x3f), numberField(0)],
  })),
  path.map((name) => ({ type: REQUEST.opendir, fields: [textField(name)] })),
  handle.map((one) => ({ type: REQUEST.readdir, fields: [textField(one)] })),
  fc.tuple(handle, hostileLong, hostileNumber).map(([one, offset, length]) => ({
    type: REQUEST.read,
    fields: [textField(one), longField(offset), numberField(length)],
  })),
  fc
    .tuple(handle, hostileLong)
    .map(([one, offset]) => ({ type: REQUEST.write, fields: [textField(one), longField(offset), textField('x')] })),
  fc.tuple(path, path).map(([from, to]) => ({ type: REQUEST.rename, fields: [textField(from), textField(to)] })),
  handle.map((one) => ({ type: REQUEST.close, fields: [textField(one)] })),
  path.map((name) => ({ type: REQUEST.realpath, fields: [textField(name)] })),
  fc
    .constantFrom('limits@openssh.com', 'fsync@openssh.com', 'hardlink@openssh.com', 'statvfs@openssh.com', '')
    .map((name) => ({ type: REQUEST.extended, fields: [textField(name)] })),
);

function textField(value: string): Buffer {
  return Buffer.concat([numberField(value.length), Buffer.from(value, 'latin1')]);
}

function numberField(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function longField(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function packetOf({ type, fields }: { type: number; fields: readonly Buffer[] }, id: number): Buffer {
  const body = Buffer.concat([Buffer.of(type), numberField(id), ...fields]);
  return Buffer.concat([numberField(body.length), body]);
}

test('every packet that is one has one answer, in the order they came, whatever lengths, handles and paths it names', async () => {
  const requests = fc.sample(fc.oneof(request, plausible), { numRuns: 4_000, seed: SEED });
  const { answers, problem, code } = await exchange(init, ...requests.map((one, id) => packetOf(one, id + 1)));
  expect([problem, code]).toEqual(['', 0]);
  expect(answers.slice(1).map(({ id }) => id)).toEqual(requests.map((_, index) => index + 1));
  expect(answers.filter(({ type }) => !ANSWERS.has(type))).toEqual([]);
  expect(answers.filter(({ type }) => type === ANSWER.handle).length).toBeGreaterThan(0);
});

test.each([
  ['of no length', numberField(0)],
  ['that is only its type', Buffer.concat([numberField(1), Buffer.of(REQUEST.read)])],
  ['without all of its id', Buffer.concat([numberField(4), Buffer.of(REQUEST.lstat, 0, 0, 0)])],
  ['that begins without all of its version', Buffer.concat([numberField(2), Buffer.of(REQUEST.init, 0)])],
  ['larger than any', numberField(LARGEST_PACKET + 1)],
  ['as large as can be said', numberField(0xffff_ffff)],
  ['that never comes', Buffer.concat([numberField(100), Buffer.alloc(50)])],
])('a packet %s ends it without a crash', async (_what, bytes) => {
  const { problem, code, signal } = await exchange(init, bytes, Buffer.alloc(4));
  expect([problem, signal]).toEqual(['', null]);
  expect([0, 1]).toContain(code);
});

test('arbitrary bytes end it without a crash', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
    fc.uint8Array({ maxLength: 60 }).map((body) => Buffer.concat([init, numberField(body.length), body])),
  );
  const samples = fc.sample(bytes, { numRuns: 16, seed: SEED });
  const ended = await Promise.all(samples.map((one) => exchange(one)));
  expect(ended.filter(({ problem, signal, code }) => problem !== '' || signal !== null || code > 1)).toEqual([]);
});

test('whoever sends without reading is not read either, and memory does not grow', async () => {
  const server = start();
  writeFileSync(join(server.place, 'a/b/c/d/e', 'large'), Buffer.alloc(1 << 20));
  server.stdin?.on('error', () => {});
  const open = packetOf({ type: REQUEST.open, fields: [textField('large'), numberField(1), numberField(0)] }, 1);
  const read = packetOf({ type: REQUEST.read, fields: [textField('1'), longField(0n), numberField(0xffff_ffff)] }, 2);
  server.stdin?.write(Buffer.concat([init, open]));
  const reads = Buffer.concat(Array.from({ length: 2_000 }, () => read));
  let taken = 0;
  while (server.stdin?.write(reads) && taken < 200) taken += 1;
  const memory = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]);
  await once(server.stdout as NodeJS.ReadableStream, 'readable'); // it has begun to answer
  expect(taken).toBeLessThan(200);
  expect(memory()).toBeLessThan(300_000);
  const over = once(server, 'close');
  server.kill('SIGKILL');
  await over;
});
