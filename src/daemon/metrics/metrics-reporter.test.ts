import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Metrics } from '#protocol/gen/garrison/node/v1/node.ts';
import { silentLog } from '#runtime/log.ts';
import type { OutgoingFrame } from '../session/session-link.ts';
import { MetricsReporter } from './metrics-reporter.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const FIGURES: Metrics = { at: undefined, host: undefined, daemon: undefined };

function setup({ collect = async () => FIGURES, random = 0.5 } = {}) {
  const sent: OutgoingFrame[] = [];
  const link = { isWritable: true, send: (frame: OutgoingFrame) => void sent.push(frame) };
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
  const reporter = new MetricsReporter({ collect, link, log, random: () => random });
  return { reporter, link, sent, warnings };
}

test('reports within two seconds of the welcome, then as often as was asked', async () => {
  const { reporter, sent } = setup();
  reporter.reportEvery(30_000);
  await vi.advanceTimersByTimeAsync(999);
  expect(sent.length).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).toEqual([{ $case: 'metrics', value: FIGURES }]);
  await vi.advanceTimersByTimeAsync(90_000);
  expect(sent.length).toBe(4);
  reporter.stop();
});

test.each([
  [0, 27_000],
  [1, 33_000],
])('with the draw %d the next report comes after %d ms', async (random, afterMs) => {
  const { reporter, sent } = setup({ random });
  reporter.reportEvery(30_000);
  await vi.advanceTimersByTimeAsync(2_000 * random);
  await vi.advanceTimersByTimeAsync(afterMs - 1);
  expect(sent.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent.length).toBe(2);
  reporter.stop();
});

test('reads nothing while no session takes it, and goes on when one does', async () => {
  let readings = 0;
  const { reporter, link, sent } = setup({ collect: async () => ({ ...FIGURES, at: new Date(readings++) }) });
  link.isWritable = false;
  reporter.reportEvery(10_000);
  await vi.advanceTimersByTimeAsync(35_000);
  expect([readings, sent.length]).toEqual([0, 0]);
  link.isWritable = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([readings, sent.length]).toEqual([1, 1]);
  reporter.stop();
});

test('says nothing to a controller that wants nothing, or once it was stopped', async () => {
  const { reporter, sent } = setup();
  reporter.reportEvery(0);
  await vi.advanceTimersByTimeAsync(120_000);
  reporter.reportEvery(30_000);
  reporter.stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(sent).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('keeps one pace when a new session opens while it reads', async () => {
  const readings: (() => void)[] = [];
  const { reporter, sent } = setup({
    collect: () => new Promise((resolve) => readings.push(() => resolve(FIGURES))),
  });
  reporter.reportEvery(30_000);
  await vi.advanceTimersByTimeAsync(1_000);
  reporter.reportEvery(30_000);
  readings.shift()?.();
  await vi.advanceTimersByTimeAsync(0);
  expect([sent.length, vi.getTimerCount()]).toEqual([1, 1]);
  reporter.stop();
});

test('goes on after figures that could not be read, and says so in the log', async () => {
  let isBroken = true;
  const { reporter, sent, warnings } = setup({
    collect: async () => {
      if (isBroken) throw new Error('EMFILE');
      return FIGURES;
    },
  });
  reporter.reportEvery(30_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([sent.length, warnings.length]).toEqual([0, 1]);
  isBroken = false;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sent.length).toBe(1);
  reporter.stop();
});
