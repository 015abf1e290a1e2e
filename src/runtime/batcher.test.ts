import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Batcher, BatcherFull, type BatcherOptions, BatcherStopped } from './batcher.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A batcher whose flushes end when the test says so. */
function setup(options: Partial<BatcherOptions<number, string>> = {}) {
  const flushes: { items: readonly number[]; finish(): void; fail(error: Error): void }[] = [];
  const batcher = new Batcher<number, string>({
    flush: (items) => {
      const done = Promise.withResolvers<readonly string[]>();
      flushes.push({ items, finish: () => done.resolve(items.map((item) => `did ${item}`)), fail: done.reject });
      return done.promise;
    },
    isFaultOfItem: () => false,
    ...options,
  });
  return { batcher, flushes, batches: () => flushes.map(({ items }) => items) };
}

test('a lone item leaves when it has waited, and gets its own result', async () => {
  const { batcher, flushes, batches } = setup({ maxWaitMs: 5 });
  const results = Promise.all([batcher.add(1), batcher.add(2)]);
  await vi.advanceTimersByTimeAsync(4);
  expect(batches()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches()).toEqual([[1, 2]]);
  flushes[0]?.finish();
  expect(await results).toEqual(['did 1', 'did 2']);
});

test('a full batch leaves at once', () => {
  const { batcher, batches } = setup({ maxItems: 2 });
  void batcher.add(1);
  void batcher.add(2);
  expect(batches()).toEqual([[1, 2]]);
});

test('under load the next batch leaves when the one before is done, without a timer', async () => {
  const { batcher, flushes, batches } = setup({ maxItems: 2, maxWaitMs: 1_000 });
  for (const item of [1, 2, 3]) void batcher.add(item);
  expect(batches()).toEqual([[1, 2]]);
  flushes[0]?.finish();
  await vi.advanceTimersByTimeAsync(0);
  expect(batches()).toEqual([[1, 2], [3]]);
});

test('as many batches are at work as may be', async () => {
  const { batcher, batches } = setup({ maxItems: 1, maxInFlight: 2 });
  for (const item of [1, 2, 3]) void batcher.add(item);
  await vi.advanceTimersByTimeAsync(100);
  expect(batches()).toEqual([[1], [2]]);
});

test('a batch that fails fails its own items and no others', async () => {
  const { batcher, flushes } = setup({ maxItems: 1 });
  const [first, second] = [batcher.add(1), batcher.add(2)];
  flushes[0]?.fail(new Error('disk full'));
  await expect(first).rejects.toThrow('disk full');
  flushes[1]?.finish();
  expect(await second).toBe('did 2');
});

test('a batch that fails through one of its items fails that item only', async () => {
  const flush = async (items: readonly number[]) => {
    if (items.includes(2)) throw new RangeError('2');
    return items.map((item) => `did ${item}`);
  };
  const batcher = new Batcher<number, string>({ flush, isFaultOfItem: (error) => error instanceof RangeError });
  const results = Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
  await vi.advanceTimersByTimeAsync(5);
  expect((await results).map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
    'did 1',
    'RangeError: 2',
    'did 3',
  ]);
});

test('at the bound an item is refused, and room can be waited for', async () => {
  const { batcher, flushes } = setup({ maxItems: 1, maxWaiting: 2 });
  for (const item of [1, 2, 3]) void batcher.add(item);
  await expect(batcher.add(4)).rejects.toThrow(BatcherFull);
  const log: string[] = [];
  const room = batcher.room().then(() => log.push('room'));
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual([]);
  flushes[0]?.finish();
  await room;
  void batcher.add(4);
  expect(batcher.waiting).toBe(2);
});

test('stopping finishes what waits and takes nothing more', async () => {
  const { batcher, flushes, batches } = setup({ maxItems: 2, maxWaitMs: 1_000 });
  const results = Promise.all([1, 2, 3].map((item) => batcher.add(item)));
  const stopped = batcher.stop();
  await expect(batcher.add(4)).rejects.toThrow(BatcherStopped);
  flushes[0]?.finish();
  await vi.advanceTimersByTimeAsync(0);
  flushes[1]?.finish();
  await stopped;
  expect(await results).toEqual(['did 1', 'did 2', 'did 3']);
  expect(batches()).toEqual([[1, 2], [3]]);
  await batcher.stop();
  expect(vi.getTimerCount()).toBe(0);
});
