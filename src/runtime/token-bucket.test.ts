import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

function setup() {
  let at = 0;
  const bucket = new TokenBucket({ atOnce: 3, perSecond: 2, now: () => at });
  const takeAll = (tries = 10) => Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
  const pass = (ms: number) => {
    at += ms;
  };
  return { bucket, takeAll, pass };
}

test('so many at once, then so many a second, and never more than at once', () => {
  const { takeAll, pass } = setup();
  expect(takeAll()).toBe(3);
  pass(1_000);
  expect(takeAll()).toBe(2);
  pass(60_000);
  expect(takeAll()).toBe(3);
});

test('what is borrowed is waited for', () => {
  const { bucket, pass } = setup();
  expect([bucket.borrow(), bucket.borrow(), bucket.borrow(), bucket.borrow(), bucket.borrow()]).toEqual([
    0, 0, 0, 500, 1_000,
  ]);
  pass(1_000);
  expect(bucket.take()).toBe(false);
  pass(500);
  expect(bucket.take()).toBe(true);
});
