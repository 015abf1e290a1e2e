import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

test('the ceiling doubles from half a second to a minute, and starts over after a success', () => {
  const backoff = new Backoff({ random: () => 0.999_999 });
  const waits = Array.from({ length: 9 }, () => Math.ceil(backoff.nextMs() / 500) * 500);
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  backoff.reset();
  expect(Math.ceil(backoff.nextMs() / 500) * 500).toBe(500);
});

test('the jitter is full: a wait can be nothing', () => {
  const backoff = new Backoff({ random: () => 0 });
  expect([backoff.nextMs(), backoff.nextMs()]).toEqual([0, 0]);
});

test('after very many failures the wait is still a minute at most', () => {
  const backoff = new Backoff({ random: () => 0.5 });
  for (let n = 0; n < 5_000; n += 1) backoff.nextMs();
  expect(backoff.nextMs()).toBe(30_000);
});

test('waiting ends when the signal says so', async () => {
  const stop = new AbortController();
  const waiting = new Backoff({ firstMs: 60_000, random: () => 0.5 }).wait(stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow('aborted');
});
