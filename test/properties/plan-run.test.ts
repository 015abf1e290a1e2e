import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countsOfNew, PATIENCE_MS, planRun, type RunCounts, type RunStop } from '#core/runs/plan-run.ts';
import type { RunPolicy } from '#core/runs/policy.ts';
import { PARALLEL } from '#test/support/run-policy.ts';

const policies: fc.Arbitrary<RunPolicy> = fc.record({
  mode: fc.oneof(
    fc.constant({ kind: 'sequential' as const }),
    fc.constant({ kind: 'parallel' as const }),
    fc.record(
      {
        kind: fc.constant('rolling' as const),
        batch: fc.integer({ min: 1, max: 7 }),
        canary: fc.integer({ min: 1, max: 9 }),
        soakMs: fc.constant(5_000),
      },
      { requiredKeys: ['kind', 'batch'] },
    ),
  ),
  maxConcurrency: fc.option(fc.integer({ min: 1, max: 6 })),
  onFailure: fc.oneof(
    fc.constant({ kind: 'continue' as const }),
    fc.constant({ kind: 'fail_fast' as const }),
    fc.record({ kind: fc.constant('stop_after' as const), failures: fc.integer({ min: 1, max: 4 }) }),
  ),
  minTargets: fc.constant(null),
  timeoutMs: fc.constant(null),
  offline: fc.constant('skip' as const),
});

interface Walk {
  readonly outcome: string;
  readonly ok: number;
  readonly failures: number;
  readonly cancelled: number;
  readonly notStarted: number;
  readonly inFlightPeak: number;
  readonly wavesOverlapped: boolean;
}

/** Plays a run: `endings` says for each execution whether it succeeds and, by its number, which of those in flight ends next. */
function walk(
  policy: RunPolicy,
  total: number,
  endings: readonly { pick: number; isOk: boolean }[],
  cancelAfter: number,
): Walk {
  let stop: RunStop = 'none';
  let released = 0;
  let ok = 0;
  let failures = 0;
  let cancelled = 0;
  let inFlightPeak = 0;
  let wavesOverlapped = false;
  const inFlight: number[] = [];
  const wave = (position: number) => {
    if (policy.mode.kind !== 'rolling') return 0;
    const { batch, canary = batch } = policy.mode;
    return position < canary ? 0 : 1 + Math.floor((position - canary) / batch);
  };
  let restedMs = 0;
  const stopNow = (kind: 'halted' | 'cancelled') => {
    stop = kind;
    cancelled += inFlight.splice(0).length;
  };
  for (let step = 0; step < 10_000; step++) {
    const counts: RunCounts = { total, released, inFlight: inFlight.length, failures, restedMs, unwell: 0 };
    const planned = planRun(policy, counts, stop);
    if (planned.kind === 'finish')
      return {
        outcome: planned.outcome,
        ok,
        failures,
        cancelled,
        notStarted: total - released,
        inFlightPeak,
        wavesOverlapped,
      };
    if (planned.kind === 'halt') stopNow('halted');
    else if (planned.kind === 'release') {
      for (let count = 0; count < planned.count; count++) inFlight.push(released++);
      inFlightPeak = Math.max(inFlightPeak, inFlight.length);
      if (new Set(inFlight.map(wave)).size > 1) wavesOverlapped = true;
    } else {
      if (inFlight.length === 0 && restsNow(policy, restedMs)) {
        restedMs += 2_500;
        continue;
      }
      if (inFlight.length === 0) throw new Error('the planner waits for nothing');
      restedMs = 0;
      const ending = endings[(ok + failures) % endings.length] ?? { pick: 0, isOk: true };
      inFlight.splice(ending.pick % inFlight.length, 1);
      if (ending.isOk) ok++;
      else failures++;
      if (ok + failures === cancelAfter && stop === 'none') stopNow('cancelled');
    }
  }
  throw new Error('the run does not end');
}

function restsNow({ mode }: RunPolicy, restedMs: number): boolean {
  return mode.kind === 'rolling' && restedMs < (mode.soakMs ?? 0);
}

const walks = fc.tuple(
  policies,
  fc.integer({ min: 0, max: 40 }),
  fc.array(fc.record({ pick: fc.nat(), isOk: fc.boolean() }), { minLength: 1, maxLength: 40 }),
  fc.integer({ min: 1, max: 80 }),
);

test('outcomes add up to the targets, whatever happens', () => {
  fc.assert(
    fc.property(walks, ([policy, total, endings, cancelAfter]) => {
      const { ok, failures, cancelled, notStarted } = walk(policy, total, endings, cancelAfter);
      expect(ok + failures + cancelled + notStarted).toBe(total);
    }),
  );
});

test('never more in flight than the cap, and one at a time in sequence', () => {
  fc.assert(
    fc.property(walks, ([policy, total, endings, cancelAfter]) => {
      const { inFlightPeak } = walk(policy, total, endings, cancelAfter);
      if (policy.maxConcurrency !== null) expect(inFlightPeak).toBeLessThanOrEqual(policy.maxConcurrency);
      if (policy.mode.kind === 'sequential') expect(inFlightPeak).toBeLessThanOrEqual(1);
      if (policy.mode.kind === 'rolling')
        expect(inFlightPeak).toBeLessThanOrEqual(Math.max(policy.mode.batch, policy.mode.canary ?? 0));
    }),
  );
});

test('waves never overlap', () => {
  fc.assert(
    fc.property(walks, ([policy, total, endings, cancelAfter]) => {
      expect(walk(policy, total, endings, cancelAfter).wavesOverlapped).toBe(false);
    }),
  );
});

test('a run that nobody cancels is halted exactly when the failure policy kept something from running', () => {
  fc.assert(
    fc.property(walks, ([policy, total, endings]) => {
      const { outcome, failures, cancelled, notStarted } = walk(policy, total, endings, Number.POSITIVE_INFINITY);
      expect(outcome).toBe(cancelled + notStarted > 0 ? 'halted' : 'complete');
      if (outcome === 'halted') expect(failures).toBeGreaterThanOrEqual(limitOf(policy));
      if (failures < limitOf(policy)) expect(outcome).toBe('complete');
    }),
  );
});

function limitOf({ onFailure }: RunPolicy): number {
  if (onFailure.kind === 'continue') return Number.POSITIVE_INFINITY;
  return onFailure.kind === 'fail_fast' ? 1 : onFailure.failures;
}

test('parallel without a cap releases everything at once', () => {
  expect(planRun(PARALLEL, countsOfNew(5000), 'none')).toEqual({
    kind: 'release',
    count: 5000,
  });
});

describe('between the waves', () => {
  const mode = { kind: 'rolling' as const, batch: 5, canary: 1, soakMs: 1_000, isHealthGated: true };
  const policy: RunPolicy = { ...PARALLEL, mode, onFailure: { kind: 'stop_after', failures: 1 } };
  const afterCanary: RunCounts = { ...countsOfNew(9), released: 1 };

  test('the canary is alone, and the next wave comes whole', () => {
    expect(planRun(policy, countsOfNew(9), 'none')).toEqual({ kind: 'release', count: 1 });
    expect(planRun(policy, { ...afterCanary, restedMs: 1_000 }, 'none')).toEqual({ kind: 'release', count: 5 });
  });

  test.each([
    ['it rests', { restedMs: 999 }, 'wait'],
    ['a node is not well, and may still become so', { restedMs: 1_000 + PATIENCE_MS - 1, unwell: 1 }, 'wait'],
    ['a node has not become well in time', { restedMs: 1_000 + PATIENCE_MS, unwell: 1 }, 'halt'],
    [
      'a node is not well in the middle of a wave',
      { released: 3, inFlight: 1, restedMs: 99_999, unwell: 1 },
      'release',
    ],
  ])('%s', (_what, counts, kind) => {
    expect(planRun(policy, { ...afterCanary, ...counts }, 'none').kind).toBe(kind);
  });

  test('nodes that are not well are forgiven as failures are', () => {
    const lenient: RunPolicy = { ...policy, onFailure: { kind: 'stop_after', failures: 2 } };
    const counts = { ...afterCanary, restedMs: 1_000 + PATIENCE_MS, unwell: 1 };
    expect(planRun(lenient, counts, 'none')).toEqual({ kind: 'release', count: 5 });
    expect(planRun(lenient, { ...counts, failures: 1 }, 'none').kind).toBe('halt');
  });
});
