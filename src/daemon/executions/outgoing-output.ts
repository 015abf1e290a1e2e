import type { SessionLink } from '../session/session-link.ts';
import type { Spool, SpooledChunk, StreamNumber } from '../spool/spool.ts';
import type { OutputWindow } from './output-window.ts';

export interface OutgoingOutputOptions {
  readonly executionId: string;
  readonly spool: Spool;
  readonly link: SessionLink;
  /** What is sent and not acknowledged. */
  readonly window: OutputWindow;
  /** What a restarted daemon found in the spool. */
  readonly recovered?: readonly SpooledChunk[];
}

/**
 * The output of one execution on its way: chunks in the order of their ordinals, all in the spool, the first of them in
 * flight. An acknowledgement covers everything up to an ordinal. After a reconnect what is not acknowledged is sent again.
 */
export class OutgoingOutput {
  readonly #options: OutgoingOutputOptions;
  /** Not acknowledged, in order. */
  readonly #chunks: SpooledChunk[];
  /** How many of them are in flight, from the front. */
  #sent = 0;
  #nextOrdinal: number;

  constructor(options: OutgoingOutputOptions) {
    this.#options = options;
    this.#chunks = [...(options.recovered ?? [])];
    this.#nextOrdinal = (this.#chunks.at(-1)?.ordinal ?? -1) + 1;
  }

  /** Chunks there have been in all. */
  get chunkCount(): number {
    return this.#nextOrdinal;
  }

  get isAllSent(): boolean {
    return this.#sent === this.#chunks.length;
  }

  get isInFlight(): boolean {
    return this.#sent > 0;
  }

  /** False when the spool has no room for it; try again after `whenRoom`. */
  add(stream: StreamNumber, offset: number, data: Buffer): boolean {
    const { executionId, spool } = this.#options;
    const chunk = spool.put({ executionId, ordinal: this.#nextOrdinal, stream, offset }, data);
    if (chunk === undefined) return false;
    this.#nextOrdinal += 1;
    this.#chunks.push(chunk);
    if (this.#sent === this.#chunks.length - 1 && this.#maySend(chunk)) this.#send(chunk, data);
    return true;
  }

  whenRoom(): Promise<void> {
    return this.#options.spool.whenRoom();
  }

  /** Sends what window and stream allow. */
  pump(): void {
    for (;;) {
      const chunk = this.#chunks[this.#sent];
      if (chunk === undefined || !this.#maySend(chunk)) return;
      this.#send(chunk, this.#read(chunk));
    }
  }

  acknowledge(ordinal: number): void {
    const beyond = this.#chunks.findIndex((chunk) => chunk.ordinal > ordinal);
    const acknowledged = this.#chunks.splice(0, beyond < 0 ? this.#chunks.length : beyond);
    const arrived = Math.min(this.#sent, acknowledged.length);
    this.#sent -= arrived;
    this.#options.window.acknowledge(arrived);
    for (const chunk of acknowledged) this.#options.spool.release(chunk);
    this.pump();
  }

  /** What was in flight is lost with its session. */
  rewind(): void {
    this.#sent = 0;
    this.#options.window.rewind();
  }

  /** Nobody wants it any more. */
  drop(): void {
    for (const chunk of this.#chunks.splice(0)) this.#options.spool.release(chunk);
    this.rewind();
  }

  /** A disk that lost a chunk is told in the place of the chunk: the rest of the output is still worth having. */
  #read(chunk: SpooledChunk): Buffer {
    try {
      return this.#options.spool.read(chunk);
    } catch {
      return Buffer.from(`\n… ${chunk.length} bytes lost on the disk of the node …\n`);
    }
  }

  #maySend(chunk: SpooledChunk): boolean {
    const { window, link } = this.#options;
    return window.fits(chunk.length) && link.isWritable;
  }

  #send(chunk: SpooledChunk, data: Buffer): void {
    this.#sent += 1;
    this.#options.window.send(chunk.length);
    const { executionId, ordinal, stream, offset } = chunk;
    this.#options.link.send({ $case: 'output', value: { executionId, ordinal, stream, offset, data } });
  }
}
