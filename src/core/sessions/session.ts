/**
 * One live stream of one node.
 *
 * It lives from the commit that opened it (epoch given) to `end`. It turns the node's words into entries for the
 * writer and the engine's orders into words for the node. What it remembers is small: for every execution in flight its
 * run, the next chunk that is expected, and how much output is kept.
 *
 * - A chunk below the expected ordinal is a repetition: acknowledged again, not stored again. One above it means that the
 *   node and we disagree: the session ends, the node comes back and sends from what it was last acknowledged. The first
 *   chunk on a session is the lowest the node has: what lies before it was lost with its disk, and nobody waits for it.
 * - Output and results of an execution we do not know to be open are acknowledged, so that the node forgets them: it is
 *   over already, and a node that waited for the word on its output would never come to its result. One answer a second
 *   for each is enough: an acknowledgement of output covers all there will be.
 * - A result counts once, however often it comes.
 * - Output beyond the limit is not stored and is acknowledged with what lies before it (`KeptOutput`).
 * - While the writer is full, a stream that brings output or a large result is not read: it goes on when the writer has
 *   room again. Whoever brings none is read all the time.
 * - An order that could not be sent yet is owed: the execution counts as in flight, and `OrderHandout` sends it.
 */
import { type ExecutionWriter, isLarge } from '../executions/execution-writer.ts';
import type { OutputChunk } from '../executions/store-chunks.ts';
import type { DeliverableExecution, OpenExecution } from '../executions/store-deliveries.ts';
import type { EndReport } from '../executions/store-reports.ts';
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { KeptOutput } from './kept-output.ts';
import type { NodeLink, ReconnectHint } from './node-link.ts';
import type { CutReason } from './session-cutter.ts';

interface InFlight {
  readonly runId: RunId;
  readonly kept: KeptOutput;
  nextOrdinal: number;
  /** The ordinal of the last chunk that the writer was given and has not stored; -1 when all are stored. */
  unstoredOrdinal: number;
  hasSentOutput: boolean;
  /** Its result is with the writer. */
  isReported: boolean;
}

/** As an ordinal: everything of this execution. */
const ALL_OUTPUT = 2 ** 32 - 1;
/** Executions that are over of which the answer is remembered, and for how long. */
const ANSWERS_REMEMBERED = 4_096;
const ANSWER_EVERY_MS = 1_000;

const CANCELLED_WHILE_AWAY = 'cancelled while the node was away';

export interface SessionParts {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly epoch: number;
  /** Serial of the certificate the node came with. */
  readonly serial: string;
  readonly link: NodeLink;
  readonly writer: ExecutionWriter;
  /** Per stream and execution. */
  readonly outputLimitBytes: number;
  /** Bytes of output that are kept, by tool, where they differ from the limit of all others. */
  readonly outputLimitByTool?: Readonly<Record<string, number>> | undefined;
}

export class Session {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly epoch: number;
  readonly serial: string;
  readonly #link: NodeLink;
  readonly #writer: ExecutionWriter;
  readonly #outputLimitBytes: number;
  readonly #outputLimitByTool: Readonly<Record<string, number>>;
  readonly #inFlight = new Map<ExecutionId, InFlight>();
  /** When, by `performance.now()`. */
  readonly #answeredAt = new Map<string, number>();
  /** Executions whose orders have still to be sent, in this order. */
  readonly #owed = new Set<ExecutionId>();
  #isOpen = true;
  #isPaused = false;

  constructor(parts: SessionParts) {
    this.nodeId = parts.nodeId;
    this.tenantId = parts.tenantId;
    this.epoch = parts.epoch;
    this.serial = parts.serial;
    this.#link = parts.link;
    this.#writer = parts.writer;
    this.#outputLimitBytes = parts.outputLimitBytes;
    this.#outputLimitByTool = parts.outputLimitByTool ?? {};
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  get owesOrders(): boolean {
    return this.#isOpen && this.#owed.size > 0;
  }

  /** The first executions whose orders have still to be sent, without those in `except`. */
  owed(most: number, except: ReadonlySet<ExecutionId>): ExecutionId[] {
    if (!this.#isOpen) return [];
    return this.#owed
      .values()
      .filter((id) => !except.has(id))
      .take(most)
      .toArray();
  }

  owes(executionId: ExecutionId): boolean {
    return this.#isOpen && this.#owed.has(executionId);
  }

  has(executionId: ExecutionId): boolean {
    return this.#inFlight.has(executionId);
  }

  /** Its node has this execution already. */
  takeUp(execution: OpenExecution): void {
    if (!this.#isOpen || this.#inFlight.has(execution.id)) return;
    this.#enter(execution);
    if (execution.isCancelRequested) this.cancel(execution.id, CANCELLED_WHILE_AWAY);
  }

  /** Its order has to be sent, unless it was sent on this session already. */
  owe(execution: OpenExecution): void {
    if (!this.#isOpen || this.#inFlight.has(execution.id)) return;
    this.#enter(execution);
    this.#owed.add(execution.id);
  }

  /** It was over before its order was sent. */
  forgetOwed(executionId: ExecutionId): void {
    if (this.#owed.delete(executionId)) this.#inFlight.delete(executionId);
  }

  /** Sends an execution, and says whether it did: what has been sent on this session already is not sent again. */
  execute(execution: DeliverableExecution): boolean {
    if (!this.#isOpen || (this.#inFlight.has(execution.id) && !this.#owed.has(execution.id))) return false;
    this.owe(execution);
    const isSent = this.#link.execute({
      executionId: execution.id,
      runId: execution.runId,
      tool: execution.tool,
      argsJson: execution.argsJson,
      timeoutMs: execution.timeoutMs,
      startBefore: execution.deadlineAt,
      outputLimitBytes: this.#outputLimitOf(execution),
    });
    if (isSent) this.#owed.delete(execution.id);
    if (isSent && execution.isCancelRequested) this.cancel(execution.id, CANCELLED_WHILE_AWAY);
    return isSent;
  }

  #outputLimitOf({ tool }: OpenExecution): number {
    return this.#outputLimitByTool[tool] ?? this.#outputLimitBytes;
  }

  #enter(execution: OpenExecution): void {
    this.#inFlight.set(execution.id, {
      runId: execution.runId,
      kept: new KeptOutput(this.#outputLimitOf(execution), execution),
      nextOrdinal: execution.outputChunks,
      unstoredOrdinal: -1,
      hasSentOutput: false,
      isReported: false,
    });
  }

  cancel(executionId: ExecutionId, reason: string): void {
    if (this.#isOpen) this.#link.cancel(executionId, reason);
  }

  /** False, like the two below, for an execution that is not known to be open. */
  started(executionId: ExecutionId): boolean {
    const execution = this.#inFlight.get(executionId);
    if (!this.#isOpen || execution === undefined) return !this.#isOpen;
    this.#writer.putStart(execution.runId, { executionId, nodeId: this.nodeId, epoch: this.epoch });
    return true;
  }

  output(chunk: Omit<OutputChunk, 'nodeId' | 'epoch'>): boolean {
    if (!this.#isOpen) return true;
    const execution = this.#inFlight.get(chunk.executionId);
    if (execution === undefined) {
      this.#answerOnce(`output ${chunk.executionId}`, () =>
        this.#link.acknowledgeOutput(chunk.executionId, ALL_OUTPUT),
      );
      return false;
    }
    if (chunk.ordinal < execution.nextOrdinal) this.#acknowledgeAgain(chunk.executionId, execution);
    else if (chunk.ordinal > execution.nextOrdinal && execution.hasSentOutput)
      this.end(`output chunk ${chunk.ordinal} of ${chunk.executionId} came where ${execution.nextOrdinal} was due`);
    else this.#keep(chunk, execution);
    return true;
  }

  finished(report: Omit<EndReport, 'nodeId' | 'epoch'>): boolean {
    if (!this.#isOpen) return true;
    const execution = this.#inFlight.get(report.executionId);
    if (execution === undefined) {
      this.#answerOnce(`report ${report.executionId}`, () => this.#link.acknowledgeReport(report.executionId));
      return false;
    }
    if (execution.isReported) return true;
    execution.isReported = true;
    const isTruncated = report.isTruncated || execution.kept.isCut;
    this.#writer.putEnd(execution.runId, { ...report, isTruncated, nodeId: this.nodeId, epoch: this.epoch }, this);
    if (this.#writer.isFull && isLarge(report)) this.#pauseReading(true);
    return true;
  }

  outputStored(executionId: ExecutionId, ordinal: number): void {
    const execution = this.#inFlight.get(executionId);
    if (execution !== undefined && ordinal >= execution.unstoredOrdinal) {
      execution.unstoredOrdinal = -1;
      if (this.#isOpen) this.#link.acknowledgeOutput(executionId, execution.nextOrdinal - 1);
    } else if (this.#isOpen) this.#link.acknowledgeOutput(executionId, ordinal);
  }

  reportStored(executionId: ExecutionId): void {
    this.#owed.delete(executionId);
    this.#inFlight.delete(executionId);
    if (this.#isOpen) this.#link.acknowledgeReport(executionId);
  }

  #keep(chunk: Omit<OutputChunk, 'nodeId' | 'epoch'>, execution: InFlight): void {
    execution.hasSentOutput = true;
    execution.nextOrdinal = chunk.ordinal + 1;
    const data = execution.kept.take(chunk);
    if (data === undefined) return this.#acknowledgeAgain(chunk.executionId, execution);
    execution.unstoredOrdinal = chunk.ordinal;
    this.#writer.putChunk(execution.runId, { ...chunk, data, nodeId: this.nodeId, epoch: this.epoch }, this);
    if (this.#writer.isFull) this.#pauseReading(true);
  }

  /** As far as everything is stored; what is with the writer is acknowledged when it is. */
  #acknowledgeAgain(executionId: ExecutionId, execution: InFlight): void {
    execution.hasSentOutput = true;
    if (execution.unstoredOrdinal < 0) this.#link.acknowledgeOutput(executionId, execution.nextOrdinal - 1);
  }

  #answerOnce(what: string, answer: () => void): void {
    const now = performance.now();
    if (now - (this.#answeredAt.get(what) ?? Number.NEGATIVE_INFINITY) < ANSWER_EVERY_MS) return;
    if (this.#answeredAt.size >= ANSWERS_REMEMBERED) this.#answeredAt.clear();
    this.#answeredAt.set(what, now);
    answer();
  }

  /** Only what was paused here: a stream whose session is still opening is not read for a reason of its own. */
  resumeReading(): void {
    if (this.#isOpen && this.#isPaused) this.#pauseReading(false);
  }

  tellEndpoints(): void {
    if (this.#isOpen) this.#link.tellEndpoints();
  }

  askToReconnect(hint: ReconnectHint): void {
    if (this.#isOpen) this.#link.reconnect(hint);
  }

  /** Ends it for a reason of ours that the node has to know. */
  cut(reason: CutReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (reason === 'superseded') this.#link.close('a newer session of this node was opened');
    else if (reason === 'cluster_changed')
      this.#link.reconnect({ afterMs: 0, spreadMs: 0, reason, isElsewhere: false });
    else this.#link.revoked(reason);
    this.#link.close();
  }

  #pauseReading(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#link.pauseReading(isPaused);
  }

  /** The stream is over, or has to be. */
  end(problem?: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#link.close(problem);
  }
}
