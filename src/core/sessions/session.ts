/**
 * One live stream of one node.
 *
 * It lives from the commit that opened it (epoch given) to `end`. It turns the node's words into entries for the
 * writer and the engine's orders into words for the node. What it remembers is small: for every execution in flight its
 * run and the next chunk that is expected.
 *
 * - A chunk below the expected ordinal is a repetition: acknowledged again, not stored again. One above it means that the
 *   node and we disagree: the session ends, the node comes back and sends from what it was last acknowledged. The first
 *   chunk on a session is the lowest the node has: what lies before it was lost with its disk, and nobody waits for it.
 * - Output and results of an execution we do not know to be open are acknowledged, so that the node forgets them: it is
 *   over already, and a node that waited for the word on its output would never come to its result.
 * - While the writer is full, a stream that brings output is not read: it goes on when the writer has room again. Whoever
 *   brings none is read all the time.
 */
import type { ExecutionWriter } from '../executions/execution-writer.ts';
import type { DeliverableExecution, EndReport, OutputChunk } from '../executions/store.ts';
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import type { NodeLink, ReconnectHint } from './node-link.ts';
import type { CutReason } from './session-cutter.ts';

interface InFlight {
  readonly runId: RunId;
  nextOrdinal: number;
  hasSentOutput: boolean;
}

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
}

export class Session {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly epoch: number;
  readonly serial: string;
  readonly #link: NodeLink;
  readonly #writer: ExecutionWriter;
  readonly #outputLimitBytes: number;
  readonly #inFlight = new Map<ExecutionId, InFlight>();
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
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  has(executionId: ExecutionId): boolean {
    return this.#inFlight.has(executionId);
  }

  /** Sends an execution, and says whether it did: what has been sent on this session already is not sent again. */
  execute(execution: DeliverableExecution): boolean {
    if (!this.#isOpen || this.#inFlight.has(execution.id)) return false;
    this.#inFlight.set(execution.id, {
      runId: execution.runId,
      nextOrdinal: execution.outputChunks,
      hasSentOutput: false,
    });
    this.#link.execute({
      executionId: execution.id,
      runId: execution.runId,
      tool: execution.tool,
      argsJson: execution.argsJson,
      timeoutMs: execution.timeoutMs,
      startBefore: execution.deadlineAt,
      outputLimitBytes: this.#outputLimitBytes,
    });
    if (execution.isCancelRequested) this.cancel(execution.id, 'cancelled while the node was away');
    return true;
  }

  cancel(executionId: ExecutionId, reason: string): void {
    if (this.#isOpen) this.#link.cancel(executionId, reason);
  }

  started(executionId: ExecutionId): void {
    const execution = this.#inFlight.get(executionId);
    if (!this.#isOpen || execution === undefined) return;
    this.#writer.putStart(execution.runId, { executionId, nodeId: this.nodeId, epoch: this.epoch });
  }

  output(chunk: Omit<OutputChunk, 'nodeId' | 'epoch'>): void {
    if (!this.#isOpen) return;
    const execution = this.#inFlight.get(chunk.executionId);
    if (execution === undefined) {
      this.#link.acknowledgeOutput(chunk.executionId, chunk.ordinal);
      return;
    }
    if (chunk.ordinal < execution.nextOrdinal) {
      execution.hasSentOutput = true;
      this.#link.acknowledgeOutput(chunk.executionId, execution.nextOrdinal - 1);
      return;
    }
    if (chunk.ordinal > execution.nextOrdinal && execution.hasSentOutput) {
      this.end(`output chunk ${chunk.ordinal} of ${chunk.executionId} came where ${execution.nextOrdinal} was due`);
      return;
    }
    execution.hasSentOutput = true;
    execution.nextOrdinal = chunk.ordinal + 1;
    this.#writer.putChunk(execution.runId, { ...chunk, nodeId: this.nodeId, epoch: this.epoch }, this);
    if (this.#writer.isFull) this.#pauseReading(true);
  }

  finished(report: Omit<EndReport, 'nodeId' | 'epoch'>): void {
    if (!this.#isOpen) return;
    const execution = this.#inFlight.get(report.executionId);
    if (execution === undefined) {
      this.#link.acknowledgeReport(report.executionId);
      return;
    }
    this.#writer.putEnd(execution.runId, { ...report, nodeId: this.nodeId, epoch: this.epoch }, this);
  }

  outputStored(executionId: ExecutionId, ordinal: number): void {
    if (this.#isOpen) this.#link.acknowledgeOutput(executionId, ordinal);
  }

  reportStored(executionId: ExecutionId): void {
    this.#inFlight.delete(executionId);
    if (this.#isOpen) this.#link.acknowledgeReport(executionId);
  }

  /** Only what was paused here: a stream whose session is still opening is not read for a reason of its own. */
  resumeReading(): void {
    if (this.#isOpen && this.#isPaused) this.#pauseReading(false);
  }

  askToReconnect(hint: ReconnectHint): void {
    if (this.#isOpen) this.#link.reconnect(hint);
  }

  /** Ends it for a reason of ours that the node has to know. */
  cut(reason: CutReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (reason === 'superseded') this.#link.close('a newer session of this node was opened');
    else if (reason === 'cluster_changed') this.#link.reconnect({ afterMs: 0, spreadMs: 0, reason });
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
