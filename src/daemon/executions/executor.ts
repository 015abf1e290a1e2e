import type { FileOffer, FileReceipt } from '#protocol/gen/garrison/node/v1/node.ts';
import type { ExecutionErrorCode } from '#protocol/tools/execution-error-codes.ts';
import type { BulkDownload, BulkUpload } from '../bulk/bulk-channels.ts';
import type { ProcessMark } from '../journal/journal.ts';
import type { StreamNumber } from '../spool/spool.ts';
import type { OutputSink, OutputTotals } from './output-recorder.ts';

/** What does the work of an execution: tools on this host, or whatever a simulation puts in their place. */
export interface Executor {
  /** Resolves when it is over, one way or another; everything that can go wrong is an ending. */
  execute(call: ToolCall, io: ToolIo): Promise<ToolEndingOrNone>;
  /** Started, and not over with this life of the daemon. Default: nothing is. */
  outlives?(executionId: string): boolean;
  /** Its end is in the journal. */
  forget?(executionId: string): void;
}

/** The daemon stops, and the execution does not: the next life takes it up. */
export const GOES_ON = 'goes_on';

export type ToolEndingOrNone = ToolEnding | typeof GOES_ON;

export interface ToolCall {
  readonly executionId: string;
  readonly runId: string;
  readonly tool: string;
  /** Nobody has looked at them yet. */
  readonly args: unknown;
  /** A former life has started it: it is followed, and not started. */
  readonly isTakenUp: boolean;
}

export interface ExecutionIo {
  /** Aborts with a `StopReason` when it has to end. */
  readonly signal: AbortSignal;
  /**
   * It runs from now on; the mark is there when a process does. Called again for every further process.
   * @param at when it started, where that was not now; milliseconds since the epoch
   */
  started(mark?: ProcessMark, at?: number): void;
  /** False: hold the writer back until `ready` resolves. */
  write(stream: StreamNumber, data: Buffer): boolean;
  ready(): Promise<void>;
  /** In place of `write` for output that somebody else limits and cuts. */
  readonly output?: { readonly sink: OutputSink; readonly limitBytes: number };
}

/** What a tool is given besides: what is too large for output. */
export interface ToolIo extends ExecutionIo {
  readonly files: ExecutionFiles;
}

/** Files between an execution and its controller, on connections of their own. They go on after `signal` has aborted. */
export interface ExecutionFiles {
  /** Leaves an artifact of this execution. Resolves when it is safe. @throws BulkRefused, or what broke the last attempt */
  upload(file: Omit<BulkUpload, 'executionId'>): Promise<FileReceipt>;
  /** Fetches an artifact that the order has a ticket for. */
  download(file: BulkDownload): Promise<FileOffer>;
}

/** Why an execution is ended from outside. */
export type StopReason =
  | { readonly kind: 'timed_out'; readonly afterMs: number }
  | { readonly kind: 'cancelled'; readonly reason: string }
  | { readonly kind: 'daemon_stopped' };

export interface ToolEnding {
  readonly outcome: 'ok' | 'failed' | 'timed_out' | 'cancelled' | 'interrupted' | 'expired';
  /** Undefined where no process ended. */
  readonly exitCode?: number;
  /** Undefined for `ok`. */
  readonly errorCode?: ExecutionErrorCode;
  readonly errorMessage?: string;
  /** The totals of the output, where somebody else has limited it. */
  readonly totals?: OutputTotals;
  /** JSON; of tools that have a structured result. */
  readonly result?: unknown;
}

export function failed(errorCode: ExecutionErrorCode, errorMessage: string): ToolEnding {
  return { outcome: 'failed', errorCode, errorMessage };
}

export const expired: ToolEnding = {
  outcome: 'expired',
  errorCode: 'start_deadline_passed',
  errorMessage: 'it had not started when its deadline passed',
};

/** @param hasProcess a process was ended: the exit codes of the contract (seed 001) are 124 and 143. */
export function stopped(reason: StopReason, hasProcess: boolean): ToolEnding {
  switch (reason.kind) {
    case 'timed_out':
      return {
        outcome: 'timed_out',
        errorCode: 'timed_out',
        errorMessage: `it ran longer than ${reason.afterMs} ms and was ended`,
        ...(hasProcess && { exitCode: 124 }),
      };
    case 'cancelled':
      return {
        outcome: 'cancelled',
        errorCode: 'cancelled',
        errorMessage: reason.reason === '' ? 'it was cancelled' : `it was cancelled: ${reason.reason}`,
        ...(hasProcess && { exitCode: 143 }),
      };
    case 'daemon_stopped':
      return {
        outcome: 'interrupted',
        errorCode: 'daemon_stopped',
        errorMessage: 'the daemon was stopped while it ran; it is not started again',
      };
  }
}
