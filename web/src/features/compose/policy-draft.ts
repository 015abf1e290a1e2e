import type { Policy } from '#client/edge-fleet/wire.ts';

/** The policy as the form has it: numbers are what was typed. */
export interface PolicyDraft {
  readonly mode: 'parallel' | 'sequential' | 'rolling';
  readonly batch: string;
  readonly most: string;
  readonly failure: 'go-on' | 'fail-fast' | 'stop-after';
  readonly stopAfter: string;
  /** Seconds, or `none`. */
  readonly deadline: string;
  readonly floor: string;
}

export const FIRST_POLICY: PolicyDraft = {
  mode: 'parallel',
  batch: '10%',
  most: '',
  failure: 'go-on',
  stopAfter: '1',
  deadline: '3600',
  floor: '',
};

export function readPolicyDraft({ mode, batch, most, failure, stopAfter, deadline, floor }: PolicyDraft): Policy {
  return {
    mode: mode === 'parallel' ? 'Parallel' : mode === 'sequential' ? 'Sequential' : { Rolling: waveOf(batch) },
    failure_policy:
      failure === 'go-on'
        ? 'ContinueOnError'
        : failure === 'fail-fast'
          ? 'FailFast'
          : { StopAfter: Math.max(1, Number(stopAfter) || 1) },
    per_target_deadline_secs: deadline === 'none' ? null : Number(deadline),
    ...(Number(most) > 0 && { max_concurrency: Number(most) }),
    ...(Number(floor) > 0 && { require_min_targets: Number(floor) }),
  };
}

/** `5` or `10%`. */
function waveOf(text: string): { batch: number } | { percent: number } {
  const number = Math.max(1, Number.parseInt(text, 10) || 1);
  return text.trim().endsWith('%') ? { percent: Math.min(100, number) } : { batch: number };
}
