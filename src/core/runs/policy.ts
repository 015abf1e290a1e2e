/** How a run goes over its targets. */
export interface RunPolicy {
  readonly mode: RunMode;
  /** At most so many executions at once, in every mode; null: no cap of the run's own. */
  readonly maxConcurrency: number | null;
  readonly onFailure: FailurePolicy;
  /** The floor: with fewer targets nothing starts and the run ends `refused`. Null: none. */
  readonly minTargets: number | null;
  /** Longest time of one execution once it has been sent, in ms; null: as long as it takes. */
  readonly timeoutMs: number | null;
  /** What becomes of nodes that are not connected: left out with their status as reason, or kept for their return. */
  readonly offline: 'skip' | 'queue';
}

export type RunMode = { readonly kind: 'sequential' } | { readonly kind: 'parallel' } | Rolling;

/** Waves of `batch`; the next starts when the whole wave before has ended. */
export interface Rolling extends WaveCare {
  readonly kind: 'rolling';
  readonly batch: number;
  /** Targets of the first wave. Default: `batch`. */
  readonly canary?: number;
}

/** What is asked of a wave besides that it ends. */
export interface WaveCare {
  /** How long after the last end of a wave the next may begin. Default: 0. */
  readonly soakMs?: number;
  /** The next wave begins when the nodes that have done it are connected and healthy; those that stay otherwise count as failed. */
  readonly isHealthGated?: boolean;
}

/** As it is ordered: a wave may be a share of targets that are only known when the run starts. */
export type OrderedMode =
  | Exclude<RunMode, Rolling>
  | (WaveCare & {
      readonly kind: 'rolling';
      readonly canaryPercent?: number;
    } & ({ readonly batch: number } | { readonly percent: number }));

export interface OrderedPolicy extends Omit<RunPolicy, 'mode'> {
  readonly mode: OrderedMode;
}

/** The policy for this many targets: a share is rounded up, so that a wave has a node. */
export function fixWaves({ mode, ...policy }: OrderedPolicy, targets: number): RunPolicy {
  if (mode.kind !== 'rolling') return { ...policy, mode };
  const { canaryPercent, ...waves } = mode;
  const { percent, batch, ...care } = { percent: undefined, batch: undefined, ...waves };
  const canary = canaryPercent === undefined ? {} : { canary: shareOf(targets, canaryPercent) };
  return { ...policy, mode: { ...care, ...canary, batch: batch ?? shareOf(targets, percent ?? 100) } };
}

function shareOf(targets: number, percent: number): number {
  return Math.max(1, Math.ceil((targets * percent) / 100));
}

export type FailurePolicy =
  | { readonly kind: 'continue' }
  | { readonly kind: 'fail_fast' }
  /** Halts once `failures` (≥ 1) executions have failed. */
  | { readonly kind: 'stop_after'; readonly failures: number };
