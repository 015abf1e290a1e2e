import type { Execution } from '#core/executions/execution.ts';

export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

export type CommandResult =
  | { readonly ok: { readonly exit_code: number; readonly duration_ms: number; readonly result?: unknown } }
  | {
      readonly err: {
        readonly code: string;
        readonly message: string;
        readonly exit_code: number | null;
        readonly duration_ms: number | null;
        readonly result?: unknown;
      };
    }
  | { readonly timed_out: { readonly deadline_secs: number } }
  | { readonly cancelled: { readonly reason: string } };

export type Ending = Pick<
  Execution,
  'outcome' | 'exitCode' | 'durationMs' | 'errorCode' | 'errorMessage' | 'timeoutMs' | 'cancelReason' | 'result'
>;

/** The end of one command; null for one that never started, which has no result. */
export function writeResult(execution: Ending): CommandResult | null {
  const result = execution.result === null ? {} : { result: execution.result };
  switch (execution.outcome) {
    case null:
    case 'not_started':
      return null;
    case 'ok':
      return { ok: { exit_code: execution.exitCode ?? 0, duration_ms: execution.durationMs ?? 0, ...result } };
    case 'timed_out':
      return { timed_out: { deadline_secs: wholeSeconds(execution.timeoutMs ?? 0) } };
    case 'cancelled':
      return { cancelled: { reason: execution.cancelReason ?? execution.errorMessage ?? 'cancelled' } };
    case 'failed':
    case 'expired':
    case 'interrupted':
    case 'lost':
      return {
        err: {
          code: execution.errorCode ?? execution.outcome,
          message: execution.errorMessage ?? '',
          exit_code: execution.exitCode,
          duration_ms: execution.durationMs,
          ...result,
        },
      };
  }
}
