import { expect, test } from 'vitest';
import type { RunPolicy } from './policy.ts';
import { timeLimitOf } from './time-limit.ts';

test.each([
  ['the policy alone', 5000, {}, 5000],
  ['a shorter one of the order', 3_600_000, { timeout_secs: 2.5 }, 2500],
  ['a longer one of the order', 5000, { timeout_secs: 60 }, 5000],
  ['the order alone', null, { timeout_secs: 60 }, 60_000],
  ['less than a millisecond', null, { timeout_secs: 0.0001 }, 1],
  ['nobody', null, { timeout_secs: 'soon' }, null],
])('the time limit of an execution as given by %s', (_what, timeoutMs, args, limit) => {
  const policy = { timeoutMs } as RunPolicy; // nothing else of it counts
  expect(timeLimitOf({ policy, args })).toBe(limit);
});
