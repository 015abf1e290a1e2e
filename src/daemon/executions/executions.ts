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
 * `Received` answers an order that has to wait; one that starts at once is answered by `Started` or `Finished`, which say more.
 * An order that comes again, in whatever state, is answered with where it is; nothing is ever started twice. `Finished`
 * is sent after the last chunk of output, so whoever reads the stream in order has everything when it comes.
 *
 * An execution that outlives the daemon (`Executor.outlives`) is running in more than one life: a stop leaves it so, and the
 * next life begins with it as running.
 *
 * A session that opens is told everything again, beginning with what was not acknowledged. Orders that a former life of
 * the daemon had received and not started run when a controller has welcomed us and had a moment to cancel them.
 */
import { parseId } from '#core/kernel/ids.ts';
import type { ExecutionErrorCode } from '#protocol/tools/execution-error-codes.ts';
import type { Log } from '#runtime/log.ts';
import type { BulkChannels } from '../bulk/bulk-channels.ts';
import { messageOf } from '../daemon-error.ts';
import type { Journal, JournalEntry, Order } from '../journal/journal.ts';
import type { SessionLink } from '../session/session-link.ts';
import type { Spool, SpooledChunk } from '../spool/spool.ts';
import { type Execution, type ExecutionState, noOrder, type StateOf } from './execution.ts';
import { type Executor, expired, GOES_ON, type StopReason, stopped, type ToolEnding } from './executor.ts';
import { type Course, finishedFrame, nothingHappened } from './finished-frame.ts';
import { courseUntil, interrupted, readFormerLife } from './former-life.ts';
import { receivedFrame, refusalFrame, whereItIs } from './frames.ts';
import { OutgoingOutput } from './outgoing-output.ts';
import { OutputWindow, WindowShare } from './output-window.ts';
import { MAX_TIMER_MS, runOrder } from './run-order.ts';
import { SlotQueue } from './slot-queue.ts';
import { WatchedJournal } from './watched-journal.ts';

export interface ExecutionsParts {
  readonly journal: Journal;
  readonly spool: Spool;
  readonly executor: Executor;
  readonly files: Pick<BulkChannels, 'upload' | 'download'>;
  readonly link: SessionLink;
  readonly log: Log;
  /** Executions that run at the same time. */
  readonly concurrency: number;
  /** Orders that may wait beyond those. Default 10,000. */
  readonly maxQueued?: number;
  /** Bytes of output in flight per execution at least. Default 256 KiB. */
  readonly windowBytes?: number;
  /** What an order without a limit of its own keeps of each stream. Default 1 MiB. */
  readonly outputLimitBytes?: number;
  /** How long orders of a former life wait after the first welcome. Default 1,000 ms. */
  readonly resumeAfterMs?: number;
  readonly now?: () => number;
}

export class Executions {
  readonly #parts: ExecutionsParts;
  readonly #journal: WatchedJournal;
  readonly #now: () => number;
  readonly #executions = new Map<string, Execution>();
  readonly #windows = new WindowShare();
  readonly #slots: SlotQueue<Execution>;
  readonly #stopping = new AbortController();
  #isStopping = false;
  /** The controller's time when it last said it. It goes on with the steady clock of this host, whatever its wall clock is set to. */
  #told: { readonly controllerMs: number; readonly steadyMs: number } | undefined;
  /** When it was first seen that something is in flight, after the last acknowledgement. */
  #silentSince: number | undefined;
  #held: Execution[] = [];
  #resumeTimer: NodeJS.Timeout | undefined;
  #allTold: PromiseWithResolvers<void> | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  readonly #totals = { received: 0, ended: 0, acknowledged: 0 };

  /** Takes up what journal and spool hold. What had been started and does not outlive the daemon must have been ended: see `endLeftovers`. */
  constructor(parts: ExecutionsParts) {
    this.#parts = parts;
    this.#journal = new WatchedJournal(parts.journal);
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

  /** Executions that came, ended, and were confirmed, since this daemon started. */
  get totals(): Readonly<Record<'received' | 'ended' | 'acknowledged', number>> {
    return this.#totals;
  }

  /** What is not as it should be, for people. */
  get problems(): string[] {
    return this.#journal.problem === undefined ? [] : [this.#journal.problem];
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
    const acknowledged = this.#journal.acknowledged(id);
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
    if (controllerTime !== undefined)
      this.#told = { controllerMs: controllerTime.getTime(), steadyMs: performance.now() };
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
    for (const execution of this.#executions.values())
      if (this.#outlives(execution)) this.#stop(execution, { kind: 'daemon_stopped' });
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
    this.#totals.received += 1;
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
      await this.#journal.append([{ kind: 'received', order }]);
      this.#parts.link.send(receivedFrame(id));
    } catch (error) {
      if (execution.state.kind === 'queued') this.#giveUp(execution, error);
    }
  }

  /** The execution has a slot. */
  async #start(execution: Execution): Promise<void> {
    if (execution.state.kind !== 'queued') return this.#slotIsFree();
    const { order, expiry } = execution.state;
    clearTimeout(expiry);
    const state: StateOf<'starting'> = { kind: 'starting', order, cancelReason: undefined };
    execution.state = state;
    if (this.#isExpired(order)) return this.#finishAndRelease(execution, expired);
    const isNew = !this.#journal.entries.has(order.executionId);
    try {
      await this.#journal.append([
        ...(isNew ? [{ kind: 'received', order } as const] : []),
        { kind: 'started', id: order.executionId, at: this.#now() },
      ]);
    } catch (error) {
      this.#giveUp(execution, error);
      return this.#slotIsFree();
    }
    if (state.cancelReason !== undefined) {
      return this.#finishAndRelease(execution, stopped({ kind: 'cancelled', reason: state.cancelReason }, false));
    }
    if (this.#stopping.signal.aborted)
      return this.#finishAndRelease(execution, stopped({ kind: 'daemon_stopped' }, false));
    await this.#run(execution, order);
  }

  async #run(execution: Execution, order: Order, isTakenUp = false): Promise<void> {
    const { executor, files, log, outputLimitBytes = 1024 * 1024 } = this.#parts;
    const state: StateOf<'running'> = { kind: 'running', abort: new AbortController(), startedAt: undefined };
    execution.state = state;
    const end = await runOrder({
      order,
      isTakenUp,
      executor,
      files,
      log,
      outputLimitBytes,
      output: execution.output,
      abort: state.abort,
      givesUpOutput: this.#stopping.signal,
      now: this.#now,
      onProcess: (mark) => this.#journal.note({ kind: 'process', id: execution.id, mark }),
      onStarted: (at) => {
        state.startedAt = at;
        this.#tellState(execution);
      },
    });
    if (end !== GOES_ON) this.#finish(execution, end.ending, end.course);
    this.#slotIsFree();
  }

  #outlives({ id, state }: Execution): boolean {
    return state.kind === 'running' && this.#parts.executor.outlives?.(id) === true;
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
    this.#totals.ended += 1;
    this.#journal.note({ kind: 'finished', id: execution.id, finished });
    this.#parts.executor.forget?.(id);
    if (execution.isForgotten) return this.#forget(execution);
    this.#sendFinished(execution);
  }

  #forget(execution: Execution): void {
    execution.output.drop();
    this.#executions.delete(execution.id);
    this.#totals.acknowledged += 1;
    if (this.#allTold !== undefined && this.unacknowledgedCount === 0) this.#allTold.resolve();
    this.#journal.note({ kind: 'acknowledged', id: execution.id });
  }

  #tellState(execution: Execution): void {
    const frame = whereItIs(execution, this.#journal.entries.has(execution.id));
    if (frame !== undefined) this.#parts.link.send(frame);
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
    const delayMs = execution.state.order.startBefore - this.#controllerMs();
    if (delayMs > MAX_TIMER_MS) return; // looked at again when it has a slot
    execution.state.expiry = setTimeout(() => this.#endQueued(execution, expired), Math.max(0, delayMs));
  }

  #isExpired({ startBefore }: Order): boolean {
    return startBefore !== undefined && this.#controllerMs() >= startBefore;
  }

  /** Before the first session the clock of this host. */
  #controllerMs(): number {
    if (this.#told === undefined) return this.#now();
    return this.#told.controllerMs + performance.now() - this.#told.steadyMs;
  }

  /** What is not in the journal is not started; the controller is told, and nothing of it is kept. */
  #giveUp(execution: Execution, error: unknown): void {
    if (execution.state.kind === 'queued') clearTimeout(execution.state.expiry);
    this.#slots.leave(execution);
    this.#executions.delete(execution.id);
    this.#refuse(execution.id, 'journal_unavailable', messageOf(error));
  }

  #refuse(executionId: string, errorCode: ExecutionErrorCode, errorMessage: string): void {
    this.#parts.link.send(refusalFrame(executionId, errorCode, errorMessage));
  }

  /** It must not start should its order come after all. */
  #cancelUnknown(id: string, reason: string): void {
    const acknowledged = this.#journal.acknowledged(id);
    if (acknowledged !== undefined) return this.#parts.link.send({ $case: 'finished', value: acknowledged });
    if (parseId(id) === undefined) return;
    const state: ExecutionState = { kind: 'starting', order: noOrder(id), cancelReason: reason };
    const execution: Execution = { id, output: this.#newOutput(id), state, isForgotten: false };
    this.#executions.set(id, execution);
    this.#finish(execution, stopped({ kind: 'cancelled', reason }, false));
  }

  #newOutput(executionId: string, recovered: readonly SpooledChunk[] = []): OutgoingOutput {
    const { spool, link, windowBytes } = this.#parts;
    const window = new OutputWindow(this.#windows, windowBytes);
    return new OutgoingOutput({ executionId, spool, link, window, recovered });
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
    const { executions, orphans } = readFormerLife(this.#journal.entries, this.#parts.spool.recovered);
    for (const chunk of orphans) this.#parts.spool.release(chunk);
    for (const { id, entry, chunks } of executions) {
      if (entry.state === 'started' && this.#parts.executor.outlives?.(id)) {
        this.#goOn(id, entry.order, chunks);
        continue;
      }
      const state = formerState(entry);
      const execution: Execution = { id, state, output: this.#newOutput(id, chunks), isForgotten: false };
      this.#executions.set(id, execution);
      if (entry.state === 'received') this.#held.push(execution);
      if (entry.state === 'started') this.#finish(execution, interrupted, courseUntil(this.#now(), entry.at, chunks));
    }
  }

  /** Its output comes once more from its beginning: what was in the spool of it is not needed. */
  #goOn(id: string, order: Order, chunks: readonly SpooledChunk[]): void {
    for (const chunk of chunks) this.#parts.spool.release(chunk);
    const state: StateOf<'starting'> = { kind: 'starting', order, cancelReason: undefined };
    const execution: Execution = { id, state, output: this.#newOutput(id), isForgotten: false };
    this.#executions.set(id, execution);
    this.#slots.take();
    void this.#run(execution, order, true);
  }
}

function formerState(entry: JournalEntry): ExecutionState {
  switch (entry.state) {
    case 'received':
      return { kind: 'queued', order: entry.order, expiry: undefined };
    case 'started':
      return { kind: 'starting', order: entry.order, cancelReason: undefined };
    case 'finished':
      return { kind: 'finished', finished: entry.finished, isSent: false };
  }
}
