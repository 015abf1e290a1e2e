/**
 * The planner: policy and counts in, the next step out. Pure; it knows no node, no clock and no database.
 *
 * Executions are released in the order of their positions, so "how many have been released" says which. The rules:
 * - A halt comes first: once the failure policy has had enough, or somebody has cancelled, nothing is released any more;
 *   what is in flight is ended, what waits becomes `not_started`, and the run finishes when nothing is in flight.
 * - A run is halted only if that kept something from running: with every target ended it is complete, failures or not.
 * - Sequential releases one when nothing is in flight.
 * - Parallel releases up to `maxConcurrency`.
 * - Rolling releases within the current wave only; waves are cut at multiples of `batch`, and the next begins when
 *   the wave before has ended completely.
 * - An execution whose node is away counts as in flight from its release on.
 */
import type { RunPolicy } from './policy.ts';
import type { RunOutcome } from './run.ts';

export interface RunCounts {
  readonly total: number;
  /** Released so far, whatever became of them. */
  readonly released: number;
  /** Released and not finished. */
  readonly inFlight: number;
  /** Failed, timed out, expired, interrupted or lost. */
  readonly failures: number;
}

export type RunStop = 'none' | 'halted' | 'cancelled';

export type PlannedStep =
  | { readonly kind: 'release'; readonly count: number }
  /** End what is in flight, mark the rest not started; then plan again with `stop: 'halted'`. */
  | { readonly kind: 'halt'; readonly reason: string }
  | { readonly kind: 'wait' }
  | { readonly kind: 'finish'; readonly outcome: RunOutcome };

export function planRun(policy: RunPolicy, counts: RunCounts, stop: RunStop): PlannedStep {
  if (stop !== 'none') return counts.inFlight > 0 ? { kind: 'wait' } : { kind: 'finish', outcome: stop };
  const allReleased = counts.released >= counts.total;
  if (allReleased && counts.inFlight === 0) return { kind: 'finish', outcome: 'complete' };
  const halt = haltReason(policy, counts);
  if (halt !== undefined) return { kind: 'halt', reason: halt };
  const count = allReleased ? 0 : releasable(policy, counts);
  return count > 0 ? { kind: 'release', count } : { kind: 'wait' };
}

function haltReason({ onFailure }: RunPolicy, { failures }: RunCounts): string | undefined {
  if (onFailure.kind === 'fail_fast' && failures > 0) return 'a target failed and the failure policy is fail-fast';
  if (onFailure.kind === 'stop_after' && failures >= onFailure.failures)
    return `${failures} of the targets failed and the failure policy stops after ${onFailure.failures}`;
  return undefined;
}

function releasable({ mode, maxConcurrency }: RunPolicy, { total, released, inFlight }: RunCounts): number {
  const room = Math.max(0, (maxConcurrency ?? Number.POSITIVE_INFINITY) - inFlight);
  switch (mode.kind) {
    case 'sequential':
      return inFlight === 0 ? 1 : 0;
    case 'parallel':
      return Math.min(room, total - released);
    case 'rolling': {
      const isBetweenWaves = released % mode.batch === 0;
      if (isBetweenWaves && inFlight > 0) return 0;
      const endOfWave = isBetweenWaves ? released + mode.batch : Math.ceil(released / mode.batch) * mode.batch;
      return Math.min(room, Math.min(endOfWave, total) - released);
    }
  }
}
