/**
 * From what a process writes to the chunks that are sent: limited per stream (head, marker, tail), gathered for a moment
 * so that a thousand small writes are not a thousand frames, and cut at 32 KiB.
 *
 * The order of arrival over both streams is kept: bytes of one stream are gathered only until the other has something to
 * say. A program that switches more often than `MAX_RUNS` times within the moment gets its streams apart for that moment.
 *
 * `write` returns false when the bytes could not be put away; the writer is to be held back until `ready` resolves.
 */
import type { StreamNumber } from '../spool/spool.ts';
import { LimitedOutput, outputLimit } from './limited-output.ts';

export interface OutputSink {
  /** False when there is no room. */
  add(stream: StreamNumber, offset: number, data: Buffer): boolean;
  whenRoom(): Promise<void>;
  /** Chunks wait already: there is no hurry to make small ones. */
  readonly isAllSent: boolean;
}

export interface OutputTotals {
  /** As produced, kept or not. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly isTruncated: boolean;
}

export const MAX_CHUNK_BYTES = 32 * 1024;
const MAX_RUNS = 16;
const GATHER_MS = 20;
const GATHER_WHILE_WAITING_MS = 1000;

/** Bytes of one stream that arrived one after the other. */
interface Run {
  readonly stream: StreamNumber;
  readonly parts: Buffer[];
  length: number;
}

export class OutputRecorder {
  readonly #sink: OutputSink;
  readonly #streams: Readonly<Record<StreamNumber, LimitedOutput>>;
  readonly #keptBytes: Record<StreamNumber, number> = { 1: 0, 2: 0 };
  #runs: Run[] = [];
  #timer: NodeJS.Timeout | undefined;
  #blocked: Promise<void> | undefined;

  constructor(sink: OutputSink, limitBytes: number) {
    this.#sink = sink;
    const limit = outputLimit(limitBytes);
    this.#streams = { 1: new LimitedOutput(limit), 2: new LimitedOutput(limit) };
  }

  write(stream: StreamNumber, data: Buffer): boolean {
    const live = this.#streams[stream].take(data);
    if (live.length > 0) this.#gather(stream, live);
    return this.#blocked === undefined;
  }

  /** Resolves when `write` may be called again. */
  ready(): Promise<void> {
    return this.#blocked ?? Promise.resolve();
  }

  /** Puts away what is left. Gives the rest up when `signal` aborts while there is no room. */
  async end(signal?: AbortSignal): Promise<OutputTotals> {
    for (const stream of [1, 2] as const) {
      const rest = this.#streams[stream].end();
      if (rest.length > 0) this.#gather(stream, rest);
    }
    const isComplete = await this.#flushAll(signal);
    clearTimeout(this.#timer);
    const omitted = this.#streams[1].omittedBytes + this.#streams[2].omittedBytes;
    return {
      stdoutBytes: this.#streams[1].producedBytes,
      stderrBytes: this.#streams[2].producedBytes,
      isTruncated: omitted > 0 || !isComplete,
    };
  }

  #gather(stream: StreamNumber, data: Buffer): void {
    const run = this.#runOf(stream);
    run.parts.push(data);
    run.length += data.length;
    if (run.length >= MAX_CHUNK_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#sink.isAllSent ? GATHER_MS : GATHER_WHILE_WAITING_MS);
  }

  #runOf(stream: StreamNumber): Run {
    const last = this.#runs.at(-1);
    if (last?.stream === stream) return last;
    const run: Run = { stream, parts: [], length: 0 };
    this.#runs.push(run);
    if (this.#runs.length <= MAX_RUNS) return run;
    this.#sortRuns();
    return this.#runs.find((sorted) => sorted.stream === stream) ?? run;
  }

  #sortRuns(): void {
    this.#runs = ([1, 2] as const).map((stream) => {
      const runs = this.#runs.filter((run) => run.stream === stream);
      return {
        stream,
        parts: runs.flatMap((run) => run.parts),
        length: runs.reduce((sum, run) => sum + run.length, 0),
      };
    });
  }

  async #flushAll(signal: AbortSignal | undefined): Promise<boolean> {
    this.#flush();
    while (this.#blocked !== undefined) {
      if (signal?.aborted) return false;
      await settledOrAborted(this.#blocked, signal);
    }
    return true;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#blocked !== undefined) return;
    for (let run = this.#runs[0]; run !== undefined; run = this.#runs[0]) {
      const rest = this.#putAway(run);
      if (rest === undefined) {
        this.#runs.shift();
        continue;
      }
      run.parts.splice(0, run.parts.length, rest);
      run.length = rest.length;
      this.#waitForRoom();
      return;
    }
  }

  /** Returns what there was no room for. */
  #putAway(run: Run): Buffer | undefined {
    const data = run.parts.length === 1 && run.parts[0] !== undefined ? run.parts[0] : Buffer.concat(run.parts);
    for (let at = 0; at < data.length; at += MAX_CHUNK_BYTES) {
      const chunk = data.subarray(at, at + MAX_CHUNK_BYTES);
      if (!this.#sink.add(run.stream, this.#keptBytes[run.stream], chunk)) return data.subarray(at);
      this.#keptBytes[run.stream] += chunk.length;
    }
    return undefined;
  }

  #waitForRoom(): void {
    this.#blocked = this.#sink.whenRoom().then(() => {
      this.#blocked = undefined;
      this.#flush();
    });
  }
}

async function settledOrAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.resolve();
  signal?.addEventListener('abort', onAbort);
  await Promise.race([work, aborted.promise]);
  signal?.removeEventListener('abort', onAbort);
}
