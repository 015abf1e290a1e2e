/**
 * Group commit of everything nodes say about executions.
 *
 * Sessions put starts, chunks and results in; one flush at a time takes what has gathered (at most `maxRows` rows or
 * `maxBytes` of output), stores it in one transaction and then acknowledges it. While a flush is out, the next one gathers:
 * an idle controller writes at once, a busy one in large batches, without a timer in either case.
 *
 * Order: chunks, then starts, then results, so that a result never becomes visible before the output it ends. A chunk and the
 * result behind it may fall into one batch or into two; they never swap.
 *
 * Starts are held back, because most work is over by then: its result says when it began, and the row is written once instead
 * of twice. They come of age in rounds of `holdStartsMs`: new, held, due. Rounds rather than instants, because a busy process
 * gets to its timers late, and has to look at what nodes sent meanwhile before it calls a start old. A result takes the
 * place of its start until a batch has taken it. Nobody waits for a start; one that is lost with us is told again when
 * the node returns.
 *
 * Failure: the batch stays at the head of the queue and is tried again with backoff; nodes are not acknowledged and keep
 * everything, so a controller that dies here loses nothing.
 *
 * Bound: while more than `highWaterBytes` wait or are being committed, `isFull` is true, and a session that brings output or a
 * large result stops reading its stream with that frame; `onDrain` tells it to go on. So the most that is held is the mark and one chunk of
 * each session, whatever the nodes send and however slow the database is. Most results are small, come once for each
 * execution, and are always taken: a node without output does not notice.
 *
 * A value that the database can never take must not hold up everybody else: such a batch is taken apart (`workApart`). A
 * result then ends its execution as failed (`unstorable_result`); anything else is left out, and told as an error.
 */

import { aborted } from '#runtime/aborted.ts';
import type { Service } from '#runtime/service.ts';
import { workApart } from '#runtime/work-apart.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { Commits } from './commits.ts';
import { lockFeeds } from './feed-locks.ts';
import { recordEnds } from './record-ends.ts';
import { type OutputChunk, storeChunks } from './store-chunks.ts';
import { type EndReport, type StartReport, storeReports, storeStarts } from './store-reports.ts';

/** What a session hears when its words are durable. */
export interface WriteAcknowledger {
  outputStored(executionId: ExecutionId, ordinal: number): void;
  reportStored(executionId: ExecutionId): void;
}

export interface ExecutionWriterOptions {
  readonly db: Database;
  /** Is told after every commit. */
  readonly commits: Pick<Commits, 'tell'>;
  readonly onFailure: (error: unknown) => void;
  /** Waits before the `attempt`-th retry (from 1); ends early with the signal. */
  readonly backoff: (attempt: number, signal: AbortSignal) => Promise<void>;
  /** Chunks and results of one transaction, and starts as well. Default 500. */
  readonly maxRows?: number;
  /** Output of one transaction, bytes. Default 4 MiB. */
  readonly maxBytes?: number;
  /** Output that waits or is being committed, above which sessions stop reading, bytes. Default 8 MiB: two batches. */
  readonly highWaterBytes?: number;
  /** How long a start waits at least for its result; twice that at most while nothing is in the way. Default 25 ms. */
  readonly holdStartsMs?: number;
  readonly observeBatch?: (rows: number) => void;
}

type Start = { readonly kind: 'start'; readonly runId: RunId; readonly report: StartReport };

type Entry =
  | { readonly kind: 'chunk'; readonly runId: RunId; readonly chunk: OutputChunk; readonly from: WriteAcknowledger }
  | Start
  | { readonly kind: 'end'; readonly runId: RunId; readonly report: EndReport; readonly from: WriteAcknowledger };

/** What a row costs beside its bytes. */
const ROW_BYTES = 200;
const LARGE_RESULT_BYTES = 4_096;

/** What becomes of a result whose values cannot be stored. */
const UNSTORABLE = {
  outcome: 'failed',
  errorCode: 'unstorable_result',
  errorMessage: 'the node reported a result that cannot be stored',
  exitCode: null,
  durationMs: null,
  stdoutBytes: 0,
  stderrBytes: 0,
  result: null,
} as const;

export class ExecutionWriter implements Service {
  readonly name = 'execution writer';
  readonly #options: Required<Omit<ExecutionWriterOptions, 'observeBatch'>> &
    Pick<ExecutionWriterOptions, 'observeBatch'>;
  readonly #stopping = new AbortController();
  readonly #drainListeners = new Set<() => void>();
  #waiting: Exclude<Entry, Start>[] = [];
  #waitingBytes = 0;
  #flushing: Promise<void> | undefined;
  #newStarts = new Map<ExecutionId, Start>();
  #heldStarts = new Map<ExecutionId, Start>();
  readonly #dueStarts = new Map<ExecutionId, Start>();
  #holdTimer: NodeJS.Timeout | undefined;
  #endedTotal = 0;
  #headSinceMs: number | undefined;

  constructor(options: ExecutionWriterOptions) {
    this.#options = { maxRows: 500, maxBytes: 4 << 20, highWaterBytes: 8 << 20, holdStartsMs: 25, ...options };
  }

  get isFull(): boolean {
    return this.#waitingBytes > this.#options.highWaterBytes;
  }

  get depth(): number {
    return this.#waiting.length + this.#newStarts.size + this.#heldStarts.size + this.#dueStarts.size;
  }

  /** For how long the batch at the head of the queue has been tried, in milliseconds; 0 while none is. */
  get stalledMs(): number {
    return this.#headSinceMs === undefined ? 0 : performance.now() - this.#headSinceMs;
  }

  /** Executions whose results it has stored. */
  get endedTotal(): number {
    return this.#endedTotal;
  }

  /** `listener` is called each time the queue falls below the mark; returns how to leave. */
  onDrain(listener: () => void): () => void {
    this.#drainListeners.add(listener);
    return () => this.#drainListeners.delete(listener);
  }

  putChunk(runId: RunId, chunk: OutputChunk, from: WriteAcknowledger): void {
    this.#put({ kind: 'chunk', runId, chunk, from });
  }

  putStart(runId: RunId, report: StartReport): void {
    if (this.#stopping.signal.aborted) return;
    this.#newStarts.set(report.executionId, { kind: 'start', runId, report });
    this.#holdTimer ??= setTimeout(() => this.#ageStarts(), this.#options.holdStartsMs);
  }

  putEnd(runId: RunId, report: EndReport, from: WriteAcknowledger): void {
    if (report.durationMs !== null) this.#forgetStart(report.executionId);
    this.#put({ kind: 'end', runId, report, from });
  }

  /** Resolves when everything put in has been committed, or after `withinMs`: a database that is away must not hold up the end. */
  async drain(withinMs: number): Promise<void> {
    this.#ageStarts();
    this.#ageStarts();
    const late = AbortSignal.timeout(withinMs);
    const isLate = aborted(late);
    while (this.#flushing !== undefined && !late.aborted) await Promise.race([this.#flushing, isLate]);
  }

  /** There is nothing to start: what is put in is written. */
  async start(): Promise<void> {}

  /** Gives up what cannot be committed at once; the nodes still have it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#holdTimer);
    await this.#flushing;
  }

  /** A round is over: what was held is due, what was new is held. */
  #ageStarts(): void {
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
    for (const [executionId, start] of this.#heldStarts) this.#dueStarts.set(executionId, start);
    this.#heldStarts = this.#newStarts;
    this.#newStarts = new Map();
    if (this.#heldStarts.size > 0) this.#holdTimer = setTimeout(() => this.#ageStarts(), this.#options.holdStartsMs);
    if (this.#dueStarts.size > 0) this.#flush();
  }

  #forgetStart(executionId: ExecutionId): void {
    this.#newStarts.delete(executionId);
    this.#heldStarts.delete(executionId);
    this.#dueStarts.delete(executionId);
  }

  #put(entry: Exclude<Entry, Start>): void {
    if (this.#stopping.signal.aborted) return;
    this.#waiting.push(entry);
    this.#waitingBytes += sizeOf(entry);
    this.#flush();
  }

  #flush(): void {
    this.#flushing ??= this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    await undefined; // what arrives in the same turn goes into the same batch
    try {
      while (this.#waiting.length > 0 || this.#dueStarts.size > 0) {
        this.#headSinceMs = performance.now();
        const batch = [...this.#takeDueStarts(), ...this.#takeBatch()];
        if (!(await this.#commitWithRetry(batch))) return;
      }
    } finally {
      this.#flushing = undefined;
      this.#headSinceMs = undefined;
    }
  }

  #takeDueStarts(): Start[] {
    const starts = this.#dueStarts.values().take(this.#options.maxRows).toArray();
    for (const { report } of starts) this.#dueStarts.delete(report.executionId);
    return starts;
  }

  #takeBatch(): Entry[] {
    const { maxRows, maxBytes } = this.#options;
    let bytes = 0;
    let rows = 0;
    while (rows < this.#waiting.length && rows < maxRows && bytes < maxBytes) {
      bytes += sizeOf(this.#waiting[rows] as Entry); // rows < length
      rows++;
    }
    return this.#waiting.splice(0, rows);
  }

  /** False when the writer was stopped before everything could be committed. */
  async #commitWithRetry(batch: readonly Entry[]): Promise<boolean> {
    const outcomes = await workApart(batch, (part) => this.#commitPatiently(part), isFaultOfValues);
    let isStopped = false;
    for (const [place, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue;
      if (isFaultOfValues(outcome.reason))
        isStopped ||= !(await this.#refuse(batch[place] as Entry)); // one outcome for each
      else isStopped = true;
    }
    return !isStopped;
  }

  /** Tries until the database takes it, or says that it never will; once at least. @throws what it said last. */
  async #commitPatiently(batch: readonly Entry[]): Promise<[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#commit(batch);
        return [];
      } catch (error) {
        this.#options.onFailure(error);
        if (isFaultOfValues(error) || this.#stopping.signal.aborted) throw error;
        await this.#options.backoff(attempt, this.#stopping.signal).catch(() => undefined);
        if (this.#stopping.signal.aborted) throw error;
      }
    }
  }

  async #refuse(entry: Entry): Promise<boolean> {
    if (entry.kind === 'end' && entry.report.errorCode !== UNSTORABLE.errorCode) {
      return this.#commitWithRetry([{ ...entry, report: { ...entry.report, ...UNSTORABLE } }]);
    }
    this.#released([entry]);
    return true;
  }

  async #commit(batch: readonly Entry[]): Promise<void> {
    const chunks = batch.flatMap((entry) => (entry.kind === 'chunk' ? [entry.chunk] : []));
    const ends = batch.flatMap((entry) => (entry.kind === 'end' ? [entry.report] : []));
    const starts = batch.flatMap((entry) => (entry.kind === 'start' ? [entry.report] : []));
    const drawing = batch.flatMap((entry) => (entry.kind === 'start' ? [] : [entry.runId]));
    const ended = await this.#options.db.transaction(async (tx) => {
      await lockFeeds(tx, drawing);
      if (chunks.length > 0) await storeChunks(tx, chunks);
      if (starts.length > 0) await storeStarts(tx, starts);
      if (ends.length === 0) return [];
      const stored = await storeReports(tx, ends);
      await recordEnds(tx, stored);
      return stored;
    });
    this.#endedTotal += ended.length;
    this.#released(batch);
    this.#acknowledge(batch);
    this.#options.commits.tell(new Set(batch.map((entry) => entry.runId)), ended);
    this.#options.observeBatch?.(batch.length);
  }

  #released(batch: readonly Entry[]): void {
    const wasFull = this.isFull;
    for (const entry of batch) this.#waitingBytes -= sizeOf(entry);
    if (wasFull && !this.isFull) for (const listener of this.#drainListeners) listener();
  }

  /** One acknowledgement per execution and batch: the highest ordinal stands for all below. */
  #acknowledge(batch: readonly Entry[]): void {
    const highest = new Map<ExecutionId, { ordinal: number; from: WriteAcknowledger }>();
    for (const entry of batch) {
      if (entry.kind === 'chunk')
        highest.set(entry.chunk.executionId, { ordinal: entry.chunk.ordinal, from: entry.from });
    }
    for (const [executionId, { ordinal, from }] of highest) from.outputStored(executionId, ordinal);
    for (const entry of batch) if (entry.kind === 'end') entry.from.reportStored(entry.report.executionId);
  }
}

/** The bytes for which reading is held up; a start takes none. */
function sizeOf(entry: Entry): number {
  if (entry.kind === 'start') return 0;
  return ROW_BYTES + (entry.kind === 'chunk' ? entry.chunk.data.length : (entry.report.resultBytes ?? 0));
}

/** Whether a result weighs as much as output does. */
export function isLarge(report: Pick<EndReport, 'resultBytes'>): boolean {
  return (report.resultBytes ?? 0) > LARGE_RESULT_BYTES;
}
