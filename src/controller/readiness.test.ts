import { expect, test } from 'vitest';
import { DatabaseClock } from '#core/controllers/database-clock.ts';
import { readinessChecks } from './readiness.ts';

const HOUR = 3_600_000;

async function failing(parts: {
  leaseMs?: number;
  stalledMs?: number;
  daysMs?: number;
  skewMs?: number;
  isDiskFull?: boolean;
}) {
  const clock = new DatabaseClock({ wallMs: () => Date.now() + (parts.skewMs ?? 0) });
  await clock.measureBy(async () => new Date());
  const checks = readinessChecks({
    db: { query: async () => [], execute: async () => 0 },
    lease: { ageMs: parts.leaseMs ?? 0 },
    writer: { stalledMs: parts.stalledMs ?? 0 },
    clock,
    disk: {
      requireRoom: () => {
        if (parts.isDiskFull) throw new Error('full');
      },
    },
    days: { madeAgoMs: parts.daysMs ?? 0 },
  });
  const results = await Promise.allSettled(Object.values(checks).map((check) => check()));
  return Object.keys(checks).filter((_, place) => results[place]?.status === 'rejected');
}

test.each([
  ['nothing', {}, []],
  ['a lease that was not renewed for longer than it runs', { leaseMs: 10_001 }, ['lease']],
  ['results that cannot be stored', { stalledMs: 15_001 }, ['execution writer']],
  ['days that are not made', { daysMs: 24 * HOUR + 1 }, ['days']],
  ['a full disk', { isDiskFull: true }, ['disk']],
  ['a clock that is apart by minutes', { skewMs: 600_000 }, []],
  ['a clock that would make certificates wrong', { skewMs: HOUR + 60_000 }, ['clock']],
])('%s: not ready for %j', async (_, parts, expected) => {
  expect(await failing(parts)).toEqual(expected);
});
