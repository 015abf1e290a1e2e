import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { FileSpool, type FileSpoolOptions } from './file-spool.ts';
import { memorySpool } from './memory-spool.ts';
import type { Spool } from './spool.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function setup(options: Partial<FileSpoolOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-spool-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const open = () => {
    const spool = new FileSpool({ directory, ...options });
    cleanups.push(() => spool.close());
    return spool;
  };
  return { directory, open };
}

const executionId = newId();
const chunk = (ordinal: number, offset = 0) => ({ executionId, ordinal, stream: 1, offset }) as const;

/** Puts, or fails the test. */
function put(spool: Spool, ordinal: number, data: string | Buffer, offset = 0) {
  const stored = spool.put(chunk(ordinal, offset), Buffer.from(data));
  if (stored === undefined) throw new Error('no room');
  return stored;
}

describe('the file spool', () => {
  test('gives back the bytes it was given, whatever they are', () => {
    const spool = setup().open();
    const bytes = Buffer.from([0, 255, 254, 10, 0, 128]);
    const first = put(spool, 0, bytes);
    const second = put(spool, 1, 'text');
    expect(spool.read(first)).toEqual(bytes);
    expect(spool.read(second).toString()).toBe('text');
  });

  test('has after a restart, in order, what was not released with the last of its segment', () => {
    const { open } = setup();
    const before = open();
    put(before, 0, 'a', 0);
    put(before, 1, 'bc', 2 ** 40);
    before.close();
    const after = open();
    expect(after.recovered).toMatchObject([
      { executionId, ordinal: 0, stream: 1, offset: 0, length: 1 },
      { executionId, ordinal: 1, stream: 1, offset: 2 ** 40, length: 2 },
    ]);
    expect(after.recovered.map((chunk) => after.read(chunk).toString())).toEqual(['a', 'bc']);
    put(after, 2, 'new');
    after.close();
    expect(open().recovered.map((chunk) => chunk.ordinal)).toEqual([0, 1, 2]);
  });

  test('recovers every whole chunk of a segment that was torn anywhere', () => {
    const { directory, open } = setup();
    const before = open();
    for (let ordinal = 0; ordinal < 4; ordinal++) put(before, ordinal, 'x'.repeat(ordinal * 7));
    before.close();
    const [name = ''] = readdirSync(directory);
    const content = readFileSync(join(directory, name));
    const ends = [40, 87, 141, 202];
    for (let cut = 0; cut <= content.length; cut++) {
      for (const other of readdirSync(directory)) rmSync(join(directory, other));
      writeFileSync(join(directory, name), content.subarray(0, cut));
      const spool = new FileSpool({ directory });
      expect(spool.recovered.length).toBe(ends.filter((end) => end <= cut).length);
      spool.close();
    }
  });

  test('removes a segment with its last chunk and uses the newest again', () => {
    const { directory, open } = setup({ segmentBytes: 100 });
    const spool = open();
    const chunks = Array.from({ length: 10 }, (_, ordinal) => put(spool, ordinal, 'x'.repeat(60)));
    expect(readdirSync(directory).length).toBe(10);
    for (const stored of chunks.slice(0, 9)) spool.release(stored);
    expect(readdirSync(directory).length).toBe(1);
    const last = chunks[9];
    if (last !== undefined) spool.release(last);
    expect(spool.usedBytes).toBe(0);
    put(spool, 10, 'again');
    expect(readdirSync(directory).length).toBe(1);
  });

  test('takes no more than its quota and says when there is room again', async () => {
    const spool = setup({ segmentBytes: 1000, quotaBytes: 5000, retryMs: 60_000 }).open();
    const chunks = [];
    for (let ordinal = 0; ; ordinal++) {
      const stored = spool.put(chunk(ordinal), Buffer.alloc(500));
      if (stored === undefined) break;
      chunks.push(stored);
    }
    expect(spool.usedBytes).toBeGreaterThan(4400);
    expect(spool.usedBytes).toBeLessThanOrEqual(5000);
    expect(spool.isFull).toBe(true);
    let hasRoom = false;
    const room = spool.whenRoom().then(() => {
      hasRoom = true;
    });
    await new Promise(setImmediate);
    expect(hasRoom).toBe(false);
    for (const stored of chunks.slice(0, 2)) spool.release(stored);
    await room;
    expect(spool.put(chunk(99), Buffer.alloc(500))).toBeDefined();
    expect(spool.isFull).toBe(false);
  });

  test('has room again when everything was released, however small its quota is beside a segment', () => {
    const spool = setup({ segmentBytes: 1_000_000, quotaBytes: 1000 }).open();
    for (let round = 0; round < 20; round++) spool.release(put(spool, round, 'x'.repeat(400)));
    const kept = put(spool, 20, 'x'.repeat(400));
    expect(spool.read(kept).length).toBe(400);
  });

  test('says that there is no room when the disk takes nothing', async () => {
    const { directory, open } = setup({ retryMs: 1 });
    const spool = open();
    rmSync(directory, { recursive: true });
    expect(spool.put(chunk(0), Buffer.from('x'))).toBeUndefined();
    await spool.whenRoom();
  });
});

describe('the memory spool', () => {
  test('keeps the same bound', async () => {
    const spool = memorySpool(10);
    const first = put(spool, 0, '12345678');
    expect(spool.put(chunk(1), Buffer.from('123'))).toBeUndefined();
    const room = spool.whenRoom();
    expect(spool.read(first).toString()).toBe('12345678');
    spool.release(first);
    await room;
    expect(spool.usedBytes).toBe(0);
    put(spool, 1, '1234567890');
  });
});
