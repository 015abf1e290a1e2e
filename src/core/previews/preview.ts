import type { NodeId, RunId } from '../kernel/ids.ts';
import type { OrderedPolicy } from '../runs/policy.ts';
import type { RunKind } from '../runs/run.ts';
import type { ResolvedTarget, SkippedTarget, Target } from '../selectors/target.ts';

/** What is to be run, where and how: an order before it is given. Everything in it goes through JSON. */
export interface PlannedOrder {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Its instants come back as texts: see `withInstants`. */
  readonly target: Target;
  /** As the caller wrote it, in the spelling of the fleet. */
  readonly writtenTarget: unknown;
  readonly policy: OrderedPolicy;
}

/** What an order would mean now, and the pin to give exactly it. */
export interface Preview {
  readonly pin: string;
  readonly expiresAt: Date;
  readonly tool: string;
  /** As it is shown: secret arguments are redacted. */
  readonly command: string;
  readonly isReadOnly: boolean;
  readonly targets: readonly ResolvedTarget[];
  readonly skipped: readonly SkippedTarget[];
  /** Fewer targets than the order requires: it would run nothing. */
  readonly isBelowFloor: boolean;
  /** Who would have to approve it; null: nobody. */
  readonly approver: 'self' | 'other' | null;
  /** The last failures of the targets, at most `MOST_SHOWN`. */
  readonly lastFailures: readonly LastFailure[];
  readonly openWork: readonly OpenWork[];
}

/** Failures and runs that a preview tells of. */
export const MOST_SHOWN = 20;

export interface LastFailure {
  readonly nodeId: NodeId;
  readonly runId: RunId;
  readonly tool: string;
  readonly at: Date | null;
  readonly outcome: string;
  readonly exitCode: number | null;
  readonly message: string | null;
}

export interface OpenWork {
  readonly runId: RunId;
  readonly kind: RunKind;
  readonly tool: string;
  readonly command: string | null;
  readonly caller: string | null;
  readonly startedAt: Date;
  /** How many nodes are targets. */
  readonly nodes: number;
}
