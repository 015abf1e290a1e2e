import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';
import { stressService } from './service-stress.ts';
import { Supervised } from './supervise.ts';

const untilAborted = (signal: AbortSignal) => (signal.aborted ? Promise.resolve() : once(signal, 'abort'));

test('keeps the contract of a service', async () => {
  const make = () =>
    new Supervised({
      name: 'task',
      run: async (signal, up) => {
        up();
        await untilAborted(signal);
      },
    });
  await stressService(make, { canRestart: true });
});

test('a life that fails is followed by the next, and each failure is told', async () => {
  const failures: unknown[] = [];
  let lives = 0;
  const third = Promise.withResolvers<void>();
  const task = new Supervised({
    name: 'task',
    backoff: new Backoff({ random: () => 0 }),
    onFailure: (error) => failures.push((error as Error).message),
    run: async (signal, up) => {
      lives += 1;
      if (lives === 1) throw new Error('not yet');
      up();
      if (lives === 2) return;
      third.resolve();
      await untilAborted(signal);
    },
  });
  await task.start();
  await third.promise;
  await task.stop();
  expect(failures).toEqual(['not yet', 'task has ended by itself']);
  expect(lives).toBe(3);
});

test('where it fails fast, the first failure is that of start, and it can be started again', async () => {
  let lives = 0;
  const task = new Supervised({
    name: 'task',
    failsFast: true,
    run: async (signal, up) => {
      lives += 1;
      if (lives === 1) throw new Error('wrong settings');
      up();
      await untilAborted(signal);
    },
  });
  await expect(task.start()).rejects.toThrow('wrong settings');
  await task.start();
  await task.stop();
  expect(lives).toBe(2);
});

test('stopped while it waits for its next attempt, it ends at once and start says so', async () => {
  const failed = Promise.withResolvers<void>();
  const task = new Supervised({
    name: 'task',
    backoff: new Backoff({ firstMs: 60_000, random: () => 0.9 }),
    onFailure: () => failed.resolve(),
    run: () => Promise.reject(new Error('no')),
  });
  const started = task.start();
  await failed.promise;
  await task.stop();
  await expect(started).rejects.toThrow('task was stopped before it had started');
});

test('whoever is told of a failure and fails itself ends nothing', async () => {
  let lives = 0;
  const task = new Supervised({
    name: 'task',
    backoff: new Backoff({ random: () => 0 }),
    onFailure: () => {
      throw new Error('the listener is broken');
    },
    run: async (signal, up) => {
      lives += 1;
      if (lives === 1) throw new Error('not yet');
      up();
      await untilAborted(signal);
    },
  });
  await task.start();
  await task.stop();
  expect(lives).toBe(2);
});
