/**
 * The journal: which executions this host has taken on, and how far each has come. It is what makes "at most one start"
 * true across crashes.
 *
 * received      the order is known; nothing has been started
 * started       on the disk *before* the process is made; from here on it is never started again
 * finished      its end, until the controller says that it has it
 * acknowledged  the controller has it; kept for a while so that an order that comes again is not taken for a new one
 *
 * `append` resolves when the records are on the disk (fdatasync), and is used for what must be durable before something
 * happens: received before we say so, started before the process. `note` writes without waiting for the disk, which a
 * killed daemon survives and a power cut may not; it is used for what only saves work: which process it is, its end (a
 * lost end is told as `interrupted`), that the controller has it (a lost one is told twice).
 *
 * Records of different executions are independent, and each only ever moves its execution forward, so what can be read
 * of a damaged file is true.
 */
import type { Finished } from '#protocol/gen/garrison/node/v1/node.ts';

/** What is asked for: an Execute frame, as it came. */
export interface Order {
  readonly executionId: string;
  readonly runId: string;
  readonly tool: string;
  readonly argsJson: string;
  /** 0: none. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch, on the controller's clock; undefined: whenever. */
  readonly startBefore: number | undefined;
  /** Per stream. */
  readonly outputLimitBytes: number;
}

/** Enough to find a process again and to be sure that it is the same one. */
export interface ProcessMark {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; 0 where there is no /proc. */
  readonly startTicks: number;
}

export type JournalRecord =
  | { readonly kind: 'received'; readonly order: Order }
  | { readonly kind: 'started'; readonly id: string; readonly at: number }
  | { readonly kind: 'process'; readonly id: string; readonly mark: ProcessMark }
  | { readonly kind: 'finished'; readonly id: string; readonly finished: Finished }
  | { readonly kind: 'acknowledged'; readonly id: string };

/** An execution as the journal knows it. */
export type JournalEntry =
  | { readonly state: 'received'; readonly order: Order }
  | { readonly state: 'started'; readonly order: Order; readonly at: number; readonly mark: ProcessMark | undefined }
  | { readonly state: 'finished'; readonly finished: Finished };

export interface Journal {
  /** What is not acknowledged, in the order of receipt. */
  readonly entries: ReadonlyMap<string, JournalEntry>;
  /** Why the disk does not take anything, for people; undefined when it does, as far as one can know without trying. */
  readonly problem?: string | undefined;
  /** Whether it takes what it is given again, found out by writing; false while that cannot be found out. */
  proveRoom?(): boolean;
  /** On the disk. */
  readonly sizeBytes: number;
  /** The end of an execution that was acknowledged not long ago. */
  acknowledged(id: string): Finished | undefined;
  /** @throws JournalUnavailable; nothing of `records` counts then. */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** @throws JournalUnavailable */
  note(record: JournalRecord): void;
  close(): Promise<void>;
}

/** The disk does not take what must be on it. */
export class JournalUnavailable extends Error {
  constructor(cause: unknown) {
    super(`the journal cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'JournalUnavailable';
  }
}
