import type { Policy } from '#client/edge-fleet/wire.ts';
import { formatDuration } from '../words/format.ts';
import { runWords } from '../words/runs.ts';

const { policies } = runWords;

/** The policy of a run as one sentence. */
export function policySentence({
  mode,
  max_concurrency: most,
  failure_policy: failure,
  require_min_targets: floor,
  per_target_deadline_secs: deadline,
}: Policy): string {
  return policies.sentence(modeWords(mode, most ?? undefined), [
    failureWords(failure),
    ...(floor == null || floor === 0 ? [] : [policies.floor(floor)]),
    deadline === null ? policies.noDeadline : policies.deadline(formatDuration((deadline ?? 3_600) * 1_000)),
  ]);
}

function modeWords(mode: Policy['mode'], most: number | undefined): string {
  if (mode === 'Sequential') return policies.sequential;
  if (typeof mode === 'object' && 'Rolling' in mode) {
    return 'batch' in mode.Rolling
      ? policies.rollingBatch(mode.Rolling.batch)
      : policies.rollingShare(mode.Rolling.percent);
  }
  return most === undefined ? policies.parallel : policies.parallelUpTo(most);
}

function failureWords(failure: Policy['failure_policy']): string {
  if (failure === 'FailFast') return policies.failFast;
  if (typeof failure === 'object') return policies.stopAfter(failure.StopAfter);
  return policies.goOn;
}

/** Which wave the run is in, for one that goes in waves. */
export function waveOf(
  mode: Policy['mode'],
  ended: number,
  total: number,
): { readonly wave: number; readonly waves: number } | undefined {
  if (typeof mode !== 'object' || !('Rolling' in mode) || total === 0) return undefined;
  const batch = 'batch' in mode.Rolling ? mode.Rolling.batch : Math.ceil((total * mode.Rolling.percent) / 100);
  const waves = Math.ceil(total / batch);
  return { wave: Math.min(waves, Math.floor(ended / batch) + 1), waves };
}
