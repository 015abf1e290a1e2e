import type { NewRun } from './store.ts';

/**
 * How long one execution of the run may take, in milliseconds: the shorter of what the run's policy says and what the
 * order itself asks for (`timeout_secs`, which validated arguments have in a known range). Null: as long as it likes.
 */
export function timeLimitOf({ policy, args }: Pick<NewRun, 'policy' | 'args'>): number | null {
  const asked = typeof args.timeout_secs === 'number' ? [Math.ceil(args.timeout_secs * 1000)] : [];
  const limits = [...(policy.timeoutMs === null ? [] : [policy.timeoutMs]), ...asked];
  return limits.length === 0 ? null : Math.min(...limits);
}
