import { afterEach, expect, test, vi } from 'vitest';
import { Reconciler } from './reconciler.ts';
import { stressService } from './service-stress.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A reconciler whose passes end when they are told to. */
function setup(everyMs = 1_000) {
  const passes: { signal: AbortSignal; end: (error?: Error) => void }[] = [];
  const failures: unknown[] = [];
  const reconciler = new Reconciler({
    name: 'test',
    everyMs,
    reconcile: (signal) =>
      new Promise((resolve, reject) => {
        passes.push({ signal, end: (error) => (error ? reject(error) : resolve()) });
      }),
    onFailure: (error) => failures.push(error),
  });
  const end = async (index: number, error?: Error) => {
    await vi.waitUntil(() => passes.length > index, { timeout: 10_000 });
    passes[index]?.end(error);
  };
  return { reconciler, passes, failures, end };
}

test('start is over when the first pass is', async () => {
  const { reconciler, end, passes } = setup();
  const started = reconciler.start();
  expect(reconciler.start()).toBe(started);
  await end(0);
  await started;
  expect(passes).toHaveLength(1);
  await reconciler.stop();
});

test('start rejects when the first pass fails', async () => {
  const { reconciler, end } = setup();
  const started = reconciler.start();
  await end(0, new Error('no'));
  await expect(started).rejects.toThrow('no');
  await reconciler.stop();
});

test('all nudges during a pass share one pass, which begins after it', async () => {
  const { reconciler, end, passes } = setup();
  const started = reconciler.start();
  await vi.waitUntil(() => passes.length === 1, { timeout: 10_000 });
  const nudges = [reconciler.nudge(), reconciler.nudge(), reconciler.nudge()];
  expect(passes).toHaveLength(1);
  await end(0);
  await started;
  await end(1);
  await Promise.all(nudges);
  expect(passes).toHaveLength(2);
  await reconciler.stop();
});

test('the timer runs a pass; one that fails is told and tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { reconciler, passes, failures } = setup(1_000);
  const started = reconciler.start();
  await vi.advanceTimersByTimeAsync(0);
  passes[0]?.end();
  await started;
  await vi.advanceTimersByTimeAsync(999);
  expect(passes).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(passes).toHaveLength(2);
  passes[1]?.end(new Error('database away'));
  await vi.advanceTimersByTimeAsync(0);
  expect(failures).toEqual([new Error('database away')]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(passes).toHaveLength(3);
  passes[2]?.end();
  await reconciler.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(passes).toHaveLength(3);
});

test('stop tells the pass, waits for it, and no other follows', async () => {
  const { reconciler, passes } = setup();
  const started = reconciler.start();
  await vi.waitUntil(() => passes.length === 1, { timeout: 10_000 });
  const nudge = reconciler.nudge();
  let isStopped = false;
  const stopping = reconciler.stop().then(() => {
    isStopped = true;
  });
  expect(passes[0]?.signal.aborted).toBe(true);
  expect(isStopped).toBe(false);
  passes[0]?.end();
  await Promise.all([started, nudge, stopping]);
  expect(passes).toHaveLength(1);
});

test('stopping before starting, and twice, is harmless; it can be started again', async () => {
  const { reconciler, end } = setup();
  await reconciler.stop();
  await reconciler.stop();
  for (const index of [0, 1]) {
    const started = reconciler.start();
    await end(index);
    await started;
    await reconciler.stop();
  }
});

test('it keeps the contract of a service', async () => {
  await stressService(() => new Reconciler({ name: 'test', everyMs: 60_000, reconcile: () => Promise.resolve() }), {
    canRestart: true,
  });
});
