import { expect, test } from 'vitest';
import { newId, type RunId } from '../kernel/ids.ts';
import { SharedReads } from './shared-reads.ts';

function setup() {
  let at = 0;
  let count = 0;
  const reads = new SharedReads(() => at);
  const run = newId<RunId>();
  const read = (what: string, bytes = 1, of = run) =>
    reads.read(
      of,
      what,
      async () => ++count,
      () => bytes,
    );
  const pass = (ms: number) => {
    at += ms;
  };
  return { reads, run, read, pass };
}

test('those who ask for the same share one read, those who ask for something else do not', async () => {
  const { read } = setup();
  expect(await Promise.all([read('page 1'), read('page 1'), read('page 2')])).toEqual([1, 1, 2]);
  expect(await read('page 1')).toBe(1);
  expect(await read('page 1', 1, newId<RunId>())).toBe(3);
});

test('after a signal, also one that comes while it is being read, it is read anew', async () => {
  const { reads, run, read } = setup();
  const before = read('page');
  reads.forget(run);
  const after = read('page');
  expect(await Promise.all([before, after])).toEqual([1, 2]);
  expect(await read('page')).toBe(2);
});

test('without a signal it is read anew after a second', async () => {
  const { read, pass } = setup();
  await read('page');
  pass(999);
  expect(await read('page')).toBe(1);
  pass(1);
  expect(await read('page')).toBe(2);
});

test('a read that failed is not shared with whoever asks later', async () => {
  const { reads, run, read } = setup();
  const failing = () => Promise.reject(new Error('away'));
  await expect(reads.read(run, 'page', failing, () => 0)).rejects.toThrow('away');
  expect(await read('page')).toBe(1);
});

test('what is kept is bounded in bytes', async () => {
  const { reads, read } = setup();
  for (let page = 0; page < 100; page += 1) await read(`page ${page}`, 4 * 1_048_576);
  expect(reads.bytes).toBe(32 * 1_048_576);
  expect([await read('page 99'), await read('page 0')]).toEqual([100, 101]);
});
