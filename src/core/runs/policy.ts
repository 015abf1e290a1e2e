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

export type RunMode =
  | { readonly kind: 'sequential' }
  | { readonly kind: 'parallel' }
  /** Waves of `batch`; the next starts when the whole wave before has ended. */
  | { readonly kind: 'rolling'; readonly batch: number };

export type FailurePolicy =
  | { readonly kind: 'continue' }
  | { readonly kind: 'fail_fast' }
  /** Halts once `failures` (≥ 1) executions have failed. */
  | { readonly kind: 'stop_after'; readonly failures: number };
