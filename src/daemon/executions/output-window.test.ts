import { expect, test } from 'vitest';
import { LEAST_WINDOW_BYTES, OutputWindow, WindowShare } from './output-window.ts';

const CHUNK = 32 * 1024;
const MEGABYTE = 1_048_576;

/** A way that takes so long there and back, and carries so much; what does not fit waits in front of it. */
function way({ roundTripMs = 40, perMs = 50_000, share = new WindowShare() } = {}) {
  let takesMs = roundTripMs;
  let at = 0;
  let freeAt = 0;
  const window = new OutputWindow(share, LEAST_WINDOW_BYTES, () => at);
  const arrivals: number[] = [];
  /** Sends as much as fits for so long. Returns megabytes a second, and the most that one chunk waited on the way. */
  const run = (forMs: number) => {
    let bytes = 0;
    let longestMs = 0;
    for (const until = at + forMs; at < until; at += 1) {
      let count = 0;
      while ((arrivals[count] ?? Number.POSITIVE_INFINITY) <= at) count += 1;
      arrivals.splice(0, count);
      if (count > 0) window.acknowledge(count);
      bytes += count * CHUNK;
      while (window.fits(CHUNK)) {
        window.send(CHUNK);
        freeAt = Math.max(freeAt, at) + CHUNK / perMs;
        arrivals.push(freeAt + takesMs);
        longestMs = Math.max(longestMs, freeAt + takesMs - at);
      }
    }
    return { rate: bytes / MEGABYTE / (forMs / 1000), longestMs };
  };
  const becomes = (ms: number) => {
    takesMs = ms;
  };
  return { window, run, becomes };
}

test('over a long way as much is sent as it carries, and little waits on it', () => {
  const { run } = way();
  run(1_000);
  const { rate, longestMs } = run(60_000);
  expect(rate).toBeGreaterThan(40);
  expect(longestMs).toBeLessThan(40 + 30);
});

test('a way that becomes longer is measured anew', () => {
  const { run, becomes } = way({ roundTripMs: 20 });
  run(5_000);
  becomes(80);
  run(25_000);
  expect(run(10_000).rate).toBeGreaterThan(30);
});

test('over a short way the window stays as it is', () => {
  const { window, run } = way({ roundTripMs: 1 });
  run(10_000);
  expect(window.bytes).toBe(LEAST_WINDOW_BYTES);
});

test('all executions of a node share what they have beyond the least', () => {
  const share = new WindowShare(MEGABYTE);
  const ways = Array.from({ length: 20 }, () => way({ roundTripMs: 200, share }));
  for (let round = 0; round < 20; round += 1) for (const { run } of ways) run(50);
  const sum = ways.reduce((bytes, { window }) => bytes + window.bytes, 0);
  expect(sum).toBeLessThanOrEqual(20 * LEAST_WINDOW_BYTES + MEGABYTE);
  for (const { window } of ways) window.rewind();
  expect(share.take(2 * MEGABYTE)).toBe(MEGABYTE);
});

test('a chunk larger than the window is sent alone', () => {
  const window = new OutputWindow(new WindowShare(), CHUNK);
  expect(window.fits(2 * CHUNK)).toBe(true);
  window.send(2 * CHUNK);
  expect(window.fits(1)).toBe(false);
  window.acknowledge(1);
  expect(window.bytesInFlight).toBe(0);
});
