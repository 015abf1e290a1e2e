/**
 * Everything this host has been asked to do, from the order to the moment the controller has the result.
 *
 * queued     the order is known (and in the journal once `Received` was sent); it waits for a slot
 * starting   it has a slot; that it starts is being written to the journal, and nothing exists yet
 * running    the tool is at work
 * finished   its end is in the journal; output and `Finished` are on their way until they are acknowledged
 *
 * An order enters as queued, or as starting when a slot is free: then one sync of the disk covers both. From queued it
 * leaves to starting when a slot is free, or to finished when it is cancelled or its start deadline passes. From starting
 * it goes to running, or to finished when one of the two came in between. From running only to finished.
 *
 * An order that comes again, in whatever state, is answered with where it is; nothing is ever started twice. `Finished`
 * is sent after the last chunk of output, so whoever reads the stream in order has everything when it comes.
 *
 * A session that opens is told everything again, beginning with what was not acknowledged. Orders that a former life of
 * the daemon had received and not started run when a controller has welcomed us and had a moment to cancel them.
 */
import { parseId } from '#core/kernel/ids.ts';
import { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import type { ExecutionErrorCode } from '#protocol/tools/execution-error-codes.ts';
import type { Log } from '#runtime/log.ts';
import { messageOf } from '../daemon-error.ts';
import type { Journal, Order, ProcessMark } from '../journal/journal.ts';
import type { SessionLink } from '../session/session-link.ts';
import type { Spool, SpooledChunk } from '../spool/spool.ts';
import { type ExecutionIo, type Executor, failed, type StopReason, stopped, type ToolEnding } from './executor.ts';
import { type Course, finishedFrame, nothingHappened, totalsOfChunks } from './finished-frame.ts';
import { OutgoingOutput } from './outgoing-output.ts';
import { OutputRecorder } from './output-recorder.ts';
import { SlotQueue } from './slot-queue.ts';

export interface ExecutionsParts {
  readonly journal: Journal;
  readonly spool: Spool;
  readonly executor: Executor;
  readonly link: SessionLink;
  readonly log: Log;
  /** Executions that run at the same time. */
  readonly concurrency: number;
  /** Orders that may wait beyond those. Default 10,000. */
  readonly maxQueued?: number;
  /** Bytes of output in flight per execution. Default 256 KiB. */
  readonly windowBytes?: number;
  /** What an order without a limit of its own keeps of each stream. Default 1 MiB. */
  readonly outputLimitBytes?: number;
  /** How long orders of a former life wait after the first welcome. Default 1,000 ms. */
  readonly resumeAfterMs?: number;
  readonly now?: () => number;
}

interface Execution {
  readonly id: string;
  readonly output: OutgoingOutput;
  state: ExecutionState;
  /** Nobody wants its result: it is forgotten as soon as it is over. */
  isForgotten: boolean;
}

type ExecutionState =
  | { readonly kind: 'queued'; readonly order: Order; expiry: NodeJS.Timeout | undefined }
  | { readonly kind: 'starting'; readonly order: Order; cancelReason: string | undefined }
  | { readonly kind: 'running'; readonly abort: AbortController; startedAt: number | undefined }
  | { readonly kind: 'finished'; readonly finished: Finished; isSent: boolean };

/** Longest delay a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Executions {
  readonly #parts: ExecutionsParts;
  readonly #now: () => number;
  readonly #executions = new Map<string, Execution>();
  readonly #slots: SlotQueue<Execution>;
  readonly #stopping = new AbortController();
  #isStopping = false;
  /** How far the controller's clock is ahead of ours. */
  #clockAheadMs = 0;
  /** When it was first seen that something is in flight, after the last acknowledgement. */
  #silentSince: number | undefined;
  #held: Execution[] = [];
  #resumeTimer: NodeJS.Timeout | undefined;
  #allTold: PromiseWithResolvers<void> | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  #journalProblem: string | undefined;

  /** Takes up what journal and spool hold. Executions that had been started must have been ended: see `endLeftovers`. */
  constructor(parts: ExecutionsParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#slots = new SlotQueue(parts.concurrency, (execution) => void this.#start(execution));
    this.#takeUp();
  }

  get runningCount(): number {
    return this.#slots.taken;
  }

  get queuedCount(): number {
    return this.#slots.waiting + this.#held.length;
  }

  get freeSlots(): number {
    return Math.max(0, this.#slots.free);
  }

  /** Results the controller has not confirmed. */
  get unacknowledgedCount(): number {
    return this.#idsOf(true).length;
  }

  /** What is not as it should be, for people. */
  get problems(): string[] {
    return this.#journalProblem === undefined ? [] : [this.#journalProblem];
  }

  /** For `Hello`. */
  greeting(): { running: string[]; unacknowledged: string[]; freeSlots: number } {
    return { running: this.#idsOf(false), unacknowledged: this.#idsOf(true), freeSlots: this.freeSlots };
  }

  /** How long the controller has acknowledged nothing although something is in flight; as exact as it is asked often. */
  unacknowledgedForMs(): number {
    const isAwaiting = [...this.#executions.values()].some(
      ({ state, output }) => output.isInFlight || (state.kind === 'finished' && state.isSent),
    );
    if (!isAwaiting) this.#silentSince = undefined;
    else this.#silentSince ??= performance.now();
    return this.#silentSince === undefined ? 0 : performance.now() - this.#silentSince;
  }

  setConcurrency(concurrency: number): void {
    this.#slots.resize(concurrency);
  }

  execute(order: Order): void {
    const id = order.executionId;
    if (parseId(id) === undefined) {
      this.#parts.log.warn({ executionId: id }, 'an order without a usable id was ignored');
      return;
    }
    const known = this.#executions.get(id);
    if (known !== undefined) return this.#tellState(known);
    const acknowledged = this.#parts.journal.acknowledged(id);
    if (acknowledged !== undefined) return this.#parts.link.send({ $case: 'finished', value: acknowledged });
    if (this.#isStopping) return; // comes again after the restart
    if (this.queuedCount >= (this.#parts.maxQueued ?? 10_000)) {
      return this.#refuse(id, 'queue_full', `${this.queuedCount} orders wait on this node already`);
    }
    void this.#receive(order);
  }

  cancel(id: string, reason: string): void {
    const execution = this.#executions.get(id);
    if (execution === undefined) return this.#cancelUnknown(id, reason);
    const { state } = execution;
    switch (state.kind) {
      case 'queued':
        return this.#endQueued(execution, stopped({ kind: 'cancelled', reason }, false));
      case 'starting':
        state.cancelReason = reason;
        return;
      case 'running':
        return this.#stop(execution, { kind: 'cancelled', reason });
      case 'finished':
        return this.#tellState(execution);
    }
  }

  acknowledgeOutput(id: string, ordinal: number): void {
    this.#silentSince = undefined;
    const execution = this.#executions.get(id);
    if (execution === undefined) return;
    execution.output.acknowledge(ordinal);
    this.#sendFinished(execution);
  }

  acknowledgeFinished(id: string): void {
    this.#silentSince = undefined;
    const execution = this.#executions.get(id);
    if (execution === undefined) return;
    if (execution.state.kind === 'finished') return this.#forget(execution);
    execution.isForgotten = true;
    this.cancel(id, 'the controller does not know it any more');
  }

  /** A session is open: says everything again that was not acknowledged. */
  resume(controllerTime: Date | undefined): void {
    if (controllerTime !== undefined) this.#clockAheadMs = controllerTime.getTime() - this.#now();
    this.#silentSince = undefined;
    for (const execution of this.#executions.values()) {
      execution.output.rewind();
      if (execution.state.kind === 'finished') execution.state.isSent = false;
      else this.#tellState(execution);
    }
    this.pump();
    if (this.#held.length > 0) {
      this.#resumeTimer ??= setTimeout(() => this.#releaseHeld(), this.#parts.resumeAfterMs ?? 1000);
    }
  }

  /** The stream takes more. */
  pump(): void {
    for (const execution of this.#executions.values()) {
      if (!this.#parts.link.isWritable) return;
      execution.output.pump();
      this.#sendFinished(execution);
    }
  }

  /**
   * Takes no more orders, lets what runs go on for `graceMs`, then ends it as `interrupted`. What waits stays in the
   * journal and runs after the restart. Resolves when nothing runs.
   */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#resumeTimer);
    this.#slots.close();
    for (const { state } of this.#executions.values()) if (state.kind === 'queued') clearTimeout(state.expiry);
    const timer = setTimeout(() => this.#stopRunning(), graceMs);
    if (this.#slots.taken > 0) {
      this.#idle ??= Promise.withResolvers();
      await this.#idle.promise;
    }
    clearTimeout(timer);
    this.#stopping.abort();
  }

  /** Resolves when the controller has every result, or after `patienceMs`. */
  async allAcknowledged(patienceMs: number): Promise<void> {
    if (this.unacknowledgedCount === 0 || patienceMs === 0) return;
    this.#allTold ??= Promise.withResolvers();
    const timer = setTimeout(this.#allTold.resolve, patienceMs);
    await this.#allTold.promise;
    clearTimeout(timer);
  }

  #stopRunning(): void {
    this.#stopping.abort();
    for (const execution of this.#executions.values()) {
      if (execution.state.kind === 'running') this.#stop(execution, { kind: 'daemon_stopped' });
    }
  }

  async #receive(order: Order): Promise<void> {
    const id = order.executionId;
    const execution: Execution = {
      id,
      output: this.#newOutput(id),
      state: { kind: 'queued', order, expiry: undefined },
      isForgotten: false,
    };
    this.#executions.set(id, execution);
    if (this.#slots.tryTake()) return this.#start(execution);
    this.#slots.wait(execution);
    this.#expireInTime(execution);
    try {
      await this.#parts.journal.append([{ kind: 'received', order }]);
      this.#journalProblem = undefined;
      this.#parts.link.send({ $case: 'received', value: { executionId: id } });
    } catch (error) {
      if (execution.state.kind === 'queued') this.#giveUp(execution, error);
    }
  }

  /** The execution has a slot. */
  async #start(execution: Execution): Promise<void> {
    if (execution.state.kind !== 'queued') return this.#slots.release();
    const { order, expiry } = execution.state;
    clearTimeout(expiry);
    const state: ExecutionState & { kind: 'starting' } = { kind: 'starting', order, cancelReason: undefined };
    execution.state = state;
    if (this.#isExpired(order)) return this.#finishAndRelease(execution, expired);
    const isNew = !this.#parts.journal.entries.has(order.executionId);
    try {
      await this.#parts.journal.append([
        ...(isNew ? [{ kind: 'received', order } as const] : []),
        { kind: 'started', id: order.executionId, at: this.#now() },
      ]);
      this.#journalProblem = undefined;
    } catch (error) {
      this.#giveUp(execution, error);
      return this.#slotIsFree();
    }
    if (isNew) this.#parts.link.send({ $case: 'received', value: { executionId: execution.id } });
    if (state.cancelReason !== undefined) {
      return this.#finishAndRelease(execution, stopped({ kind: 'cancelled', reason: state.cancelReason }, false));
    }
    if (this.#stopping.signal.aborted)
      return this.#finishAndRelease(execution, stopped({ kind: 'daemon_stopped' }, false));
    await this.#run(execution, order);
  }

  async #run(execution: Execution, order: Order): Promise<void> {
    const abort = new AbortController();
    const state: ExecutionState & { kind: 'running' } = { kind: 'running', abort, startedAt: undefined };
    execution.state = state;
    const limit = order.outputLimitBytes || (this.#parts.outputLimitBytes ?? 1024 * 1024);
    const recorder = new OutputRecorder(execution.output, limit);
    const clock = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const args = readJson(order.argsJson);
    const io: ExecutionIo = {
      signal: abort.signal,
      started: (mark) => {
        this.#noteProcess(execution.id, mark);
        if (state.startedAt !== undefined) return;
        state.startedAt = this.#now();
        this.#tellState(execution);
        const timeoutMs = timeoutOf(order, args);
        if (timeoutMs !== undefined) {
          timer = setTimeout(() => this.#stop(execution, { kind: 'timed_out', afterMs: timeoutMs }), timeoutMs);
        }
      },
      write: (stream, data) => recorder.write(stream, data),
      ready: () => recorder.ready(),
    };
    const ending = await this.#call(order, args, io);
    clearTimeout(timer);
    const totals = await recorder.end(this.#stopping.signal);
    const durationMs = state.startedAt === undefined ? 0 : Math.round(performance.now() - clock);
    this.#finish(execution, ending, { totals, startedAt: state.startedAt, durationMs });
    this.#slotIsFree();
  }

  async #call(order: Order, args: unknown, io: ExecutionIo): Promise<ToolEnding> {
    const { executionId, runId, tool } = order;
    try {
      return await this.#parts.executor.execute({ executionId, runId, tool, args }, io);
    } catch (error) {
      this.#parts.log.error(
        { executionId, tool, error: messageOf(error) },
        'a tool failed in a way it does not declare',
      );
      return failed('internal', 'the daemon failed while it ran the tool; its log says how');
    }
  }

  #stop(execution: Execution, reason: StopReason): void {
    if (execution.state.kind === 'running') execution.state.abort.abort(reason);
  }

  #endQueued(execution: Execution, ending: ToolEnding): void {
    if (execution.state.kind !== 'queued') return;
    clearTimeout(execution.state.expiry);
    this.#slots.leave(execution);
    this.#held = this.#held.filter((held) => held !== execution);
    this.#finish(execution, ending);
  }

  #finishAndRelease(execution: Execution, ending: ToolEnding): void {
    this.#finish(execution, ending);
    this.#slotIsFree();
  }

  #finish(execution: Execution, ending: ToolEnding, course: Course = nothingHappened): void {
    const { id, output } = execution;
    const at = new Date(this.#now());
    const finished = finishedFrame({ executionId: id, ending, course, at, outputChunks: output.chunkCount });
    execution.state = { kind: 'finished', finished, isSent: false };
    try {
      this.#parts.journal.note({ kind: 'finished', id: execution.id, finished });
    } catch (error) {
      this.#journalProblem = messageOf(error); // told all the same; after a crash it is told as interrupted
    }
    if (execution.isForgotten) return this.#forget(execution);
    this.#sendFinished(execution);
  }

  #forget(execution: Execution): void {
    execution.output.drop();
    this.#executions.delete(execution.id);
    if (this.#allTold !== undefined && this.unacknowledgedCount === 0) this.#allTold.resolve();
    try {
      this.#parts.journal.note({ kind: 'acknowledged', id: execution.id });
    } catch (error) {
      this.#journalProblem = messageOf(error); // told once more after a restart, and acknowledged again
    }
  }

  #tellState({ id, state }: Execution): void {
    switch (state.kind) {
      case 'queued':
      case 'starting':
        if (this.#parts.journal.entries.has(id))
          this.#parts.link.send({ $case: 'received', value: { executionId: id } });
        return;
      case 'running':
        if (state.startedAt !== undefined) {
          this.#parts.link.send({ $case: 'started', value: { executionId: id, at: new Date(state.startedAt) } });
        }
        return;
      case 'finished':
        if (state.isSent) this.#parts.link.send({ $case: 'finished', value: state.finished });
    }
  }

  #sendFinished({ output, state }: Execution): void {
    if (state.kind !== 'finished' || state.isSent || !output.isAllSent || !this.#parts.link.isWritable) return;
    state.isSent = true;
    this.#parts.link.send({ $case: 'finished', value: state.finished });
  }

  #slotIsFree(): void {
    this.#slots.release();
    if (this.#slots.taken === 0) this.#idle?.resolve();
  }

  #expireInTime(execution: Execution): void {
    if (execution.state.kind !== 'queued' || execution.state.order.startBefore === undefined) return;
    const delayMs = execution.state.order.startBefore - this.#clockAheadMs - this.#now();
    if (delayMs > MAX_TIMER_MS) return; // looked at again when it has a slot
    execution.state.expiry = setTimeout(() => this.#endQueued(execution, expired), Math.max(0, delayMs));
  }

  #isExpired({ startBefore }: Order): boolean {
    return startBefore !== undefined && this.#now() + this.#clockAheadMs >= startBefore;
  }

  /** What is not in the journal is not started; the controller is told, and nothing of it is kept. */
  #giveUp(execution: Execution, error: unknown): void {
    this.#journalProblem = messageOf(error);
    this.#slots.leave(execution);
    this.#executions.delete(execution.id);
    this.#refuse(execution.id, 'journal_unavailable', messageOf(error));
  }

  #refuse(executionId: string, errorCode: ExecutionErrorCode, errorMessage: string): void {
    const value = Finished.fromPartial({
      executionId,
      outcome: 'failed',
      errorCode,
      errorMessage,
      finishedAt: new Date(),
    });
    this.#parts.link.send({ $case: 'finished', value });
  }

  /** It must not start should its order come after all. */
  #cancelUnknown(id: string, reason: string): void {
    const acknowledged = this.#parts.journal.acknowledged(id);
    if (acknowledged !== undefined) return this.#parts.link.send({ $case: 'finished', value: acknowledged });
    if (parseId(id) === undefined) return;
    const state: ExecutionState = { kind: 'starting', order: noOrder(id), cancelReason: reason };
    const execution: Execution = { id, output: this.#newOutput(id), state, isForgotten: false };
    this.#executions.set(id, execution);
    this.#finish(execution, stopped({ kind: 'cancelled', reason }, false));
  }

  #noteProcess(id: string, mark: ProcessMark | undefined): void {
    if (mark === undefined) return;
    try {
      this.#parts.journal.note({ kind: 'process', id, mark });
    } catch (error) {
      this.#journalProblem = messageOf(error); // found by its environment should we be killed
    }
  }

  #newOutput(executionId: string, recovered: readonly SpooledChunk[] = []): OutgoingOutput {
    const { spool, link, windowBytes = 256 * 1024 } = this.#parts;
    return new OutgoingOutput({ executionId, spool, link, windowBytes, recovered });
  }

  #idsOf(isFinished: boolean): string[] {
    const executions = [...this.#executions.values()];
    return executions.filter(({ state }) => (state.kind === 'finished') === isFinished).map(({ id }) => id);
  }

  #releaseHeld(): void {
    for (const execution of this.#held.splice(0)) {
      this.#slots.wait(execution);
      this.#expireInTime(execution);
    }
  }

  #takeUp(): void {
    const { journal, spool } = this.#parts;
    const chunks = Map.groupBy(spool.recovered, (chunk) => chunk.executionId);
    for (const [id, entry] of [...journal.entries]) {
      const output = this.#newOutput(id, chunks.get(id));
      chunks.delete(id);
      if (entry.state === 'received') {
        const state: ExecutionState = { kind: 'queued', order: entry.order, expiry: undefined };
        const execution: Execution = { id, output, state, isForgotten: false };
        this.#executions.set(id, execution);
        this.#held.push(execution);
      } else if (entry.state === 'finished') {
        const state: ExecutionState = { kind: 'finished', finished: entry.finished, isSent: false };
        this.#executions.set(id, { id, output, state, isForgotten: false });
      } else {
        const totals = totalsOfChunks(spool.recovered.filter((chunk) => chunk.executionId === id));
        const course = { totals, startedAt: entry.at, durationMs: this.#now() - entry.at };
        const state: ExecutionState = { kind: 'starting', order: entry.order, cancelReason: undefined };
        const execution: Execution = { id, output, state, isForgotten: false };
        this.#executions.set(id, execution);
        this.#finish(execution, interrupted, course);
      }
    }
    for (const orphans of chunks.values()) for (const chunk of orphans) spool.release(chunk);
  }
}

const expired: ToolEnding = {
  outcome: 'expired',
  errorCode: 'start_deadline_passed',
  errorMessage: 'it had not started when its deadline passed',
};

const interrupted: ToolEnding = {
  outcome: 'interrupted',
  errorCode: 'daemon_crashed',
  errorMessage: 'the daemon or its host went down while it ran; it is not started again',
};

/** The shorter of the order's and the one in the arguments. */
function timeoutOf({ timeoutMs }: Order, args: unknown): number | undefined {
  const asked = typeof args === 'object' && args !== null && 'timeout_secs' in args ? args.timeout_secs : undefined;
  const limits = [timeoutMs, typeof asked === 'number' ? asked * 1000 : 0].filter((ms) => ms > 0);
  return limits.length === 0 ? undefined : Math.min(...limits, MAX_TIMER_MS);
}

function noOrder(executionId: string): Order {
  return {
    executionId,
    runId: '',
    tool: '',
    argsJson: '',
    timeoutMs: 0,
    startBefore: undefined,
    outputLimitBytes: 0,
  };
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // no tool takes it, and the one that is meant says so
  }
}
