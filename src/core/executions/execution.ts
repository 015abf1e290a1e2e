import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';

/** `queued → sent → running → finished(outcome)`; see `transitions.ts` for what moves it. */
export type ExecutionState = 'queued' | 'sent' | 'running' | 'finished';

export const OUTCOMES = [
  'ok',
  /** The tool ended with an error or a non-zero exit code; `errorCode` says which. */
  'failed',
  'timed_out',
  'cancelled',
  /** The deadline passed before it started. */
  'expired',
  /** The daemon or its host went down while it ran; it is never started again. */
  'interrupted',
  /** The node was revoked or deleted. */
  'lost',
  /** The run ended (halt, cancel, refusal) before its turn came. */
  'not_started',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export interface Execution {
  readonly id: ExecutionId;
  readonly runId: RunId;
  /** Null once the node is deleted. */
  readonly nodeId: NodeId | null;
  readonly position: number;
  readonly tool: string;
  readonly state: ExecutionState;
  readonly outcome: Outcome | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly deadlineAt: Date | null;
  readonly timeoutMs: number | null;
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly cancelRequestedAt: Date | null;
  readonly cancelReason: string | null;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly isTruncated: boolean;
  /** Last 4 KiB of each stream. */
  readonly stdoutTail: Buffer | null;
  readonly stderrTail: Buffer | null;
  /** What a tool with a structured result answered, or what stands for a large one (`bounded-result.ts`); else null. */
  readonly result: unknown;
}

/** Outcomes that count as failures for the failure policy of a run. */
export function isFailure(outcome: Outcome): boolean {
  return (
    outcome === 'failed' ||
    outcome === 'timed_out' ||
    outcome === 'expired' ||
    outcome === 'interrupted' ||
    outcome === 'lost'
  );
}
