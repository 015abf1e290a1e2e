import type { RunPolicy } from '#core/runs/policy.ts';

/** On all at once, whoever fails; without those who are away. */
export const PARALLEL = {
  mode: { kind: 'parallel' },
  maxConcurrency: null,
  onFailure: { kind: 'continue' },
  minTargets: null,
  timeoutMs: null,
  offline: 'skip',
} as const satisfies RunPolicy;
