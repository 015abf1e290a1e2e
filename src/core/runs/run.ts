import type { ApprovalId } from '../approvals/approval.ts';
import type { RunId, TenantId } from '../kernel/ids.ts';
import type { SkippedTarget } from '../selectors/target.ts';
import type { RunPolicy } from './policy.ts';

export type RunKind = 'fleet' | 'command' | 'self_update' | 'dispatch';

/** `refused`: the floor was not met, nothing started. */
export type RunOutcome = 'complete' | 'halted' | 'cancelled' | 'refused';

export interface Run {
  readonly id: RunId;
  readonly tenantId: TenantId;
  readonly kind: RunKind;
  readonly tool: string;
  /** As they may be shown: secret ones are redacted. */
  readonly args: Readonly<Record<string, unknown>>;
  /** As in `OrderDescription`; null in runs of before it was kept. */
  readonly command: string | null;
  /** Hex. */
  readonly commandSha256: string | null;
  readonly argsHead: Readonly<Record<string, unknown>> | null;
  readonly policy: RunPolicy;
  /** What the surface that started it keeps of its own spelling; `target` is the target as the caller wrote it. Opaque to core. */
  readonly view: Readonly<Record<string, unknown>>;
  readonly skipped: readonly SkippedTarget[];
  readonly targetCount: number;
  readonly state: 'running' | 'finished';
  readonly outcome: RunOutcome | null;
  readonly haltReason: string | null;
  readonly cancelRequestedAt: Date | null;
  readonly createdBy: string;
  /** Name of who ordered it; null in runs of before it was kept. */
  readonly caller: string | null;
  /** Executions that had failed when it ended; null until then. */
  readonly failureCount: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
  readonly endedPosition: number | null;
  readonly deadlineAt: Date | null;
  /** It had to be approved. */
  readonly approvalId: ApprovalId | null;
  /** And has not been yet: nothing of it is released. */
  readonly isHeld: boolean;
}

/** What a list shows of a run: everything but the whole arguments. */
export type ListedRun = Omit<Run, 'args'>;

/** Executions of a run, counted; the numbers add up to `targetCount`. */
export interface RunSummary {
  readonly ok: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly cancelled: number;
  readonly notStarted: number;
  /** Queued, sent or running. */
  readonly open: number;
}
