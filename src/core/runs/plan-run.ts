/**
 * The planner: policy and counts in, the next step out. Pure; it knows no node, no clock and no database.
 *
 * Executions are released in the order of their positions, so "how many have been released" says which. The rules:
 * - A halt comes first: once the failure policy has had enough, or somebody has cancelled, nothing is released any more;
 *   what is in flight is ended, what waits becomes `not_started`, and the run finishes when nothing is in flight.
 * - A run is halted only if that kept something from running: with every target ended it is complete, failures or not.
 * - Sequential releases one when nothing is in flight.
 * - Parallel releases up to `maxConcurrency`.
 * - Rolling releases within the current wave only. The first wave is the canary, where there is one; the others have `batch`
 *   targets. The next begins when the wave before has ended completely and has rested for `soakMs`. With a health gate it
 *   also waits until every node that has done it is well, `PATIENCE_MS` at most; who is not by then counts as a failure.
 * - An execution whose node is away counts as in flight from its release on.
 */
import type { Rolling, RunPolicy } from './policy.ts';
import type { RunOutcome } from './run.ts';

export interface RunCounts {
  readonly total: number;
  /** Released so far, whatever became of them. */
  readonly released: number;
  /** Released and not finished. */
  readonly inFlight: number;
  /** Failed, timed out, expired, interrupted or lost. */
  readonly failures: number;
  /** Since the last end, in ms; 0 where none has ended. */
  readonly restedMs: number;
  /** Targets that ended well and whose node is not connected and healthy now. Only counted under a health gate. */
  readonly unwell: number;
}

/** Before anything is released. */
export function countsOfNew(total: number): RunCounts {
  return { total, released: 0, inFlight: 0, failures: 0, restedMs: 0, unwell: 0 };
}

/** How long after its rest a wave's nodes may take to be well: longer than a reconnection. */
export const PATIENCE_MS = 60_000;

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
  const halt = haltReason(policy, counts, countedUnwell(policy, counts));
  if (halt !== undefined) return { kind: 'halt', reason: halt };
  const count = allReleased ? 0 : releasable(policy, counts);
  return count > 0 ? { kind: 'release', count } : { kind: 'wait' };
}

function haltReason({ onFailure }: RunPolicy, { failures }: RunCounts, unwell: number): string | undefined {
  const counted = failures + unwell;
  const what = unwell === 0 ? 'failed' : `failed or are not healthy (${unwell})`;
  if (onFailure.kind === 'fail_fast' && counted > 0)
    return unwell === 0
      ? 'a target failed and the failure policy is fail-fast'
      : `${counted} of the targets ${what} and the failure policy is fail-fast`;
  if (onFailure.kind === 'stop_after' && counted >= onFailure.failures)
    return `${counted} of the targets ${what} and the failure policy stops after ${onFailure.failures}`;
  return undefined;
}

/** Those the health gate has waited for long enough. */
function countedUnwell({ mode }: RunPolicy, counts: RunCounts): number {
  if (mode.kind !== 'rolling' || !mode.isHealthGated || !isBetweenWaves(mode, counts)) return 0;
  return counts.restedMs >= (mode.soakMs ?? 0) + PATIENCE_MS ? counts.unwell : 0;
}

function releasable({ mode, maxConcurrency }: RunPolicy, counts: RunCounts): number {
  const { total, released, inFlight } = counts;
  const room = Math.max(0, (maxConcurrency ?? Number.POSITIVE_INFINITY) - inFlight);
  switch (mode.kind) {
    case 'sequential':
      return inFlight === 0 ? 1 : 0;
    case 'parallel':
      return Math.min(room, total - released);
    case 'rolling':
      if (placeInWave(mode, released) === 0 && released > 0 && !isRested(mode, counts)) return 0;
      return Math.min(room, Math.min(endOfWave(mode, released), total) - released);
  }
}

/** How many of the present wave have been released; 0: the next release begins a wave. */
function placeInWave({ batch, canary = batch }: Rolling, released: number): number {
  return released < canary ? released : (released - canary) % batch;
}

function endOfWave(mode: Rolling, released: number): number {
  const { batch, canary = batch } = mode;
  return released < canary ? canary : released - placeInWave(mode, released) + batch;
}

function isBetweenWaves(mode: Rolling, { released, inFlight }: RunCounts): boolean {
  return released > 0 && inFlight === 0 && placeInWave(mode, released) === 0;
}

function isRested(mode: Rolling, counts: RunCounts): boolean {
  const { soakMs = 0, isHealthGated = false } = mode;
  if (counts.inFlight > 0 || counts.restedMs < soakMs) return false;
  return !isHealthGated || counts.unwell === 0 || counts.restedMs >= soakMs + PATIENCE_MS;
}
