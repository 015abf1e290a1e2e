/**
 * The spool: output that the controller has not confirmed yet, in whatever amount the disk quota allows. Every chunk is
 * in the spool before it is sent, so a killed daemon sends again what was not confirmed. When the spool is full the
 * process that writes is held back; nothing is dropped.
 */

/** 1 stdout, 2 stderr. */
export type StreamNumber = 1 | 2;

export interface SpooledChunk {
  readonly executionId: string;
  readonly ordinal: number;
  readonly stream: StreamNumber;
  /** The position of the first byte, within the bytes of its stream that are kept. */
  readonly offset: number;
  readonly length: number;
}

export interface Spool {
  /** What was there when the spool was opened, in the order it was put in. */
  readonly recovered: readonly SpooledChunk[];
  readonly usedBytes: number;
  /** The last `put` found no room. */
  readonly isFull: boolean;
  /** Undefined when there is no room for it, on the disk or in the quota. */
  put(chunk: Omit<SpooledChunk, 'length'>, data: Uint8Array): SpooledChunk | undefined;
  /** The bytes of a chunk that has not been released. */
  read(chunk: SpooledChunk): Buffer;
  release(chunk: SpooledChunk): void;
  /** Resolves when it is worth trying again after `put` found no room. */
  whenRoom(): Promise<void>;
  close(): void;
}
