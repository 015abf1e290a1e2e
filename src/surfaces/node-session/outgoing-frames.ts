/**
 * What is on its way to one node, bounded in bytes and in time.
 *
 * open     frames go into the stream at once, until `BYTES_IN_STREAM` of them are not taken
 * blocked  frames wait here in order; acknowledgements are joined to one for each execution. The node's frames are not read
 *          meanwhile (`onBlocked`), so it cannot ask for more answers than it takes. Back to open once all have left.
 * over     nothing is written any more
 *
 * open → blocked when a frame finds no room; blocked → open when the node has taken what waited. Any → over by `end`, and by
 * `onStuck` when more than `MOST_BYTES_WAITING` wait or the node has taken nothing for `TAKEN_WITHIN_MS` while blocked.
 *
 * Orders are large and there may be many: above `ORDERS_UP_TO_BYTES` they are refused rather than kept, and
 * `onRoom` says when to bring them again.
 */
import type { Writable } from 'node:stream';
import type { ExecutionId } from '#core/kernel/ids.ts';
import type { ControllerFrame } from '#protocol/gen/garrison/node/v1/node.ts';
import { frame } from './frames.ts';

export type OutgoingFrame = NonNullable<ControllerFrame['frame']>;

export const BYTES_IN_STREAM = 65_536;
export const ORDERS_UP_TO_BYTES = 4 << 20;
export const MOST_BYTES_WAITING = 16 << 20;
export const TAKEN_WITHIN_MS = 60_000;
/** Size of a frame without its arguments, and what it costs to keep. */
const FRAME_BYTES = 256;

export interface OutgoingFramesParts {
  readonly stream: Pick<Writable, 'write'>;
  readonly onBlocked: (isBlocked: boolean) => void;
  /** Orders that were refused can be sent now. */
  readonly onRoom: () => void;
  /** The node does not take what it is sent; the session has to end with this reason. */
  readonly onStuck: (reason: string) => void;
}

export class OutgoingFrames {
  readonly #parts: OutgoingFramesParts;
  #waiting: OutgoingFrame[] = [];
  #bytesWaiting = 0;
  #bytesInStream = 0;
  readonly #outputOf = new Map<ExecutionId, number>();
  readonly #reportsOf = new Set<ExecutionId>();
  #isBlocked = false;
  #hasRefusedOrders = false;
  #stuckTimer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(parts: OutgoingFramesParts) {
    this.#parts = parts;
  }

  /** Bytes that the node has not taken, about. */
  get bytes(): number {
    return this.#bytesInStream + this.#bytesWaiting + (this.#outputOf.size + this.#reportsOf.size) * FRAME_BYTES;
  }

  send(content: OutgoingFrame): void {
    if (this.#isOver) return;
    if (!this.#isBlocked && this.#hasRoom) return this.#write(content);
    this.#waiting.push(content);
    this.#bytesWaiting += sizeOf(content);
    this.#block();
  }

  /** False when too much waits already. */
  sendOrder(content: OutgoingFrame): boolean {
    if (this.bytes > ORDERS_UP_TO_BYTES) {
      this.#hasRefusedOrders = true;
      return false;
    }
    this.send(content);
    return true;
  }

  acknowledgeOutput(executionId: ExecutionId, ordinal: number): void {
    if (!this.#isBlocked) return this.send({ $case: 'ackOutput', value: { executionId, ordinal } });
    this.#outputOf.set(executionId, Math.max(ordinal, this.#outputOf.get(executionId) ?? 0));
    this.#checkBytes();
  }

  acknowledgeReport(executionId: ExecutionId): void {
    if (!this.#isBlocked) return this.send({ $case: 'ackFinished', value: { executionId } });
    this.#reportsOf.add(executionId);
    this.#checkBytes();
  }

  /** Goes before everything that waits, because nothing comes after it. */
  sendLast(content: OutgoingFrame): void {
    if (!this.#isOver) this.#write(content);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#stuckTimer);
    this.#waiting = [];
    this.#outputOf.clear();
    this.#reportsOf.clear();
  }

  get #hasRoom(): boolean {
    return this.#bytesInStream < BYTES_IN_STREAM;
  }

  #write(content: OutgoingFrame): void {
    const bytes = sizeOf(content);
    this.#bytesInStream += bytes;
    this.#parts.stream.write(frame(content), () => this.#taken(bytes));
  }

  #taken(bytes: number): void {
    this.#bytesInStream -= bytes;
    if (this.#isOver) return;
    if (this.#isBlocked) this.#goOn();
    this.#offerRoom();
  }

  #goOn(): void {
    this.#stuckTimer?.refresh();
    while (this.#hasRoom) {
      const next = this.#next();
      if (next === undefined) return this.#unblock();
      this.#write(next);
    }
  }

  /** Acknowledgements before orders: they let the node forget, and order between them does not matter. */
  #next(): OutgoingFrame | undefined {
    for (const [executionId, ordinal] of this.#outputOf) {
      this.#outputOf.delete(executionId);
      return { $case: 'ackOutput', value: { executionId, ordinal } };
    }
    for (const executionId of this.#reportsOf) {
      this.#reportsOf.delete(executionId);
      return { $case: 'ackFinished', value: { executionId } };
    }
    const next = this.#waiting.shift();
    if (next !== undefined) this.#bytesWaiting -= sizeOf(next);
    return next;
  }

  #block(): void {
    if (!this.#isBlocked) {
      this.#isBlocked = true;
      this.#stuckTimer = setTimeout(
        () => this.#parts.onStuck(`the node took nothing of what it was sent for ${TAKEN_WITHIN_MS / 1000} s`),
        TAKEN_WITHIN_MS,
      );
      this.#parts.onBlocked(true);
    }
    this.#checkBytes();
  }

  #unblock(): void {
    this.#isBlocked = false;
    clearTimeout(this.#stuckTimer);
    this.#parts.onBlocked(false);
  }

  #offerRoom(): void {
    if (!this.#hasRefusedOrders || this.bytes > ORDERS_UP_TO_BYTES / 2) return;
    this.#hasRefusedOrders = false;
    this.#parts.onRoom();
  }

  #checkBytes(): void {
    if (this.bytes > MOST_BYTES_WAITING)
      this.#parts.onStuck(`more than ${MOST_BYTES_WAITING} bytes wait for the node, which does not take them`);
  }
}

function sizeOf(content: OutgoingFrame): number {
  return FRAME_BYTES + (content.$case === 'execute' ? content.value.argsJson.length : 0);
}
