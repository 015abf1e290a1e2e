import type { OutputChunk } from '../executions/store-chunks.ts';

/** Beside the limit a daemon sends markers of its own: what it left out, what its disk lost. */
export const ROOM_FOR_MARKERS = 4_096;
/** Chunks of an execution, whatever is in them. */
export const FEWEST_CHUNKS = 16_384;
/** Beyond those, chunks have to hold so many bytes on average. */
export const LEAST_BYTES_OF_CHUNK = 16;

const MARKER = Buffer.from('\n… the rest is left out: the node sent more than the output limit …\n');

export interface StoredOutput {
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly outputChunks: number;
}

/**
 * What is kept of the output of one execution. A daemon keeps to the limit it is told; this counts what really comes, bytes
 * of each stream and chunks of both, over all sessions of the execution, and cuts with a marker.
 */
export class KeptOutput {
  readonly #mostBytes: number;
  readonly #mostChunks: number;
  readonly #bytes: Record<1 | 2, number>;
  #hasTooManyChunks: boolean;

  constructor(limitBytes: number, stored: StoredOutput) {
    this.#mostBytes = limitBytes + ROOM_FOR_MARKERS;
    this.#mostChunks = FEWEST_CHUNKS + Math.ceil((2 * limitBytes) / LEAST_BYTES_OF_CHUNK);
    this.#bytes = { 1: stored.stdoutBytes, 2: stored.stderrBytes };
    this.#hasTooManyChunks = stored.outputChunks > this.#mostChunks;
  }

  get isCut(): boolean {
    return this.#hasTooManyChunks || this.#isFull(1) || this.#isFull(2);
  }

  /** The bytes of a chunk that are kept; undefined: none, and no chunk either. The marker comes once for each stream. */
  take({ stream, ordinal, data }: Pick<OutputChunk, 'stream' | 'ordinal' | 'data'>): Uint8Array | undefined {
    if (this.#hasTooManyChunks || this.#isFull(stream)) return undefined;
    const room = this.#mostBytes - this.#bytes[stream];
    this.#hasTooManyChunks = ordinal >= this.#mostChunks;
    const isWhole = data.length <= room && !this.#hasTooManyChunks;
    const kept = isWhole ? data : Buffer.concat([data.subarray(0, room), MARKER]);
    this.#bytes[stream] += kept.length;
    return kept;
  }

  /** More than what fits is there only with the marker. */
  #isFull(stream: 1 | 2): boolean {
    return this.#bytes[stream] > this.#mostBytes;
  }
}
