import type { FailurePolicy, OrderedMode, OrderedPolicy, RunMode, RunPolicy } from '#core/runs/policy.ts';
import type { WirePolicy } from '../wire/fleet.ts';
import { wholeSeconds } from './results.ts';

/** For whoever says nothing; null is said by whoever wants none. */
const DEFAULT_DEADLINE_SECONDS = 3_600;

/** `isReadOnly`: whether the tool only looks, which decides what a failure means when nothing is said. */
export function readPolicy(policy: WirePolicy, isReadOnly: boolean): OrderedPolicy {
  return {
    mode: readMode(policy.mode ?? 'Parallel'),
    maxConcurrency: policy.max_concurrency ?? null,
    onFailure: readFailurePolicy(policy.failure_policy ?? (isReadOnly ? 'ContinueOnError' : 'FailFast')),
    minTargets: policy.require_min_targets ?? null,
    timeoutMs: readDeadline(policy.per_target_deadline_secs),
    offline: 'skip',
  };
}

function readDeadline(seconds: number | null = DEFAULT_DEADLINE_SECONDS): number | null {
  return seconds === null ? null : seconds * 1_000;
}

function readMode(mode: NonNullable<WirePolicy['mode']>): OrderedMode {
  if (mode === 'Sequential') return { kind: 'sequential' };
  if (mode === 'Parallel' || 'Parallel' in mode) return { kind: 'parallel' };
  return { kind: 'rolling', ...mode.Rolling };
}

function readFailurePolicy(policy: NonNullable<WirePolicy['failure_policy']>): FailurePolicy {
  if (policy === 'FailFast') return { kind: 'fail_fast' };
  if (policy === 'ContinueOnError') return { kind: 'continue' };
  return { kind: 'stop_after', failures: policy.StopAfter };
}

export function writePolicy(policy: RunPolicy): WirePolicy {
  return {
    mode: writeMode(policy.mode),
    max_concurrency: policy.maxConcurrency,
    failure_policy: writeFailurePolicy(policy.onFailure),
    require_min_targets: policy.minTargets,
    per_target_deadline_secs: policy.timeoutMs === null ? null : wholeSeconds(policy.timeoutMs),
  };
}

function writeMode(mode: RunMode): NonNullable<WirePolicy['mode']> {
  switch (mode.kind) {
    case 'sequential':
      return 'Sequential';
    case 'parallel':
      return 'Parallel';
    case 'rolling':
      return { Rolling: { batch: mode.batch } };
  }
}

function writeFailurePolicy(policy: FailurePolicy): NonNullable<WirePolicy['failure_policy']> {
  switch (policy.kind) {
    case 'fail_fast':
      return 'FailFast';
    case 'continue':
      return 'ContinueOnError';
    case 'stop_after':
      return { StopAfter: policy.failures };
  }
}
