import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { countedLog } from './counted-log.ts';
import { silentLog } from './log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup() {
  const lines: [object, string][] = [];
  const log = countedLog({
    ...silentLog,
    warn: (facts, message) => lines.push([facts, message]),
    error: (facts, message) => lines.push([facts, message]),
  });
  return { lines, log };
}

test('a warning that comes again is told with its number, and not before a minute has passed', () => {
  const { lines, log } = setup();
  for (let time = 0; time < 1_000; time++) log.warn({ nodeId: time }, 'cut');
  expect(lines).toEqual([[{ nodeId: 0 }, 'cut']]);
  vi.advanceTimersByTime(60_000);
  expect(lines.slice(1)).toEqual([[{ nodeId: 0, again: 999, withinMs: 60_000 }, 'cut']]);
  vi.advanceTimersByTime(60_000);
  log.warn({ nodeId: 1 }, 'cut');
  expect(lines).toHaveLength(3);
});

test('different problems are told apart, and no more of them than are remembered', () => {
  const { lines, log } = setup();
  log.warn({ err: new Error('a') }, 'failed');
  log.warn({ err: new Error('b') }, 'failed');
  expect(lines).toHaveLength(2);
  for (let time = 0; time < 10_000; time++) log.warn({ err: new Error(String(time)) }, 'failed');
  expect(lines).toHaveLength(257);
});

test('errors are told each', () => {
  const { lines, log } = setup();
  log.error({}, 'lost');
  log.error({}, 'lost');
  expect(lines).toHaveLength(2);
});
