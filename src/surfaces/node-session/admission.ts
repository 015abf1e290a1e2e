import type { Socket } from 'node:net';
import { networkOf } from '#runtime/owned-sockets.ts';

export interface AdmissionOptions {
  /** Connections per second in the long run. */
  readonly perSecond: number;
  /** Connections that may come at once. */
  readonly burst: number;
  /** Connections that may wait for their turn; more are closed, and come back with backoff. */
  readonly maxWaiting: number;
}

/** Time that counts between two looks while connections wait, milliseconds. */
const ROUND_MS = 10;

/**
 * Lets connections in at a bounded rate, because a handshake and what follows cost milliseconds of CPU and a whole fleet may
 * come back at once. Those over the rate wait unread, addresses in turn and in order within each, so that nobody is kept
 * out by the many connections of somebody else; those over the bound are closed.
 *
 * A process that is late has too much to do already: while connections wait, no more than `ROUND_MS` between two looks give
 * turns. So each turn of the event loop lets in a few, and whatever else waits in it gets on, however slow the machine is.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #admit: (socket: Socket) => void;
  /** By address; the first address is the next to have a turn. */
  readonly #waiting = new Map<string, Set<Socket>>();
  #count = 0;
  #tokens: number;
  readonly #now: () => number;
  #refilledAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AdmissionOptions, admit: (socket: Socket) => void, now = () => performance.now()) {
    this.#options = options;
    this.#admit = admit;
    this.#tokens = options.burst;
    this.#now = now;
    this.#refilledAt = now();
  }

  get waiting(): number {
    return this.#count;
  }

  arrive(socket: Socket): void {
    if (this.#count >= this.#options.maxWaiting) {
      socket.destroy();
      return;
    }
    this.#refill();
    const network = networkOf(socket.remoteAddress ?? '');
    const queue = this.#waiting.get(network) ?? new Set();
    this.#waiting.set(network, queue.add(socket));
    this.#count += 1;
    socket.once('error', () => this.#forget(network, socket));
    socket.once('close', () => this.#forget(network, socket));
    this.#letIn();
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const queue of this.#waiting.values()) for (const socket of queue) socket.destroy();
    this.#waiting.clear();
    this.#count = 0;
  }

  #forget(network: string, socket: Socket): void {
    const queue = this.#waiting.get(network);
    if (!queue?.delete(socket)) return;
    this.#count -= 1;
    if (queue.size === 0) this.#waiting.delete(network);
  }

  /** The first of the address whose turn it is; the address goes to the end. */
  #next(): Socket | undefined {
    for (const [network, queue] of this.#waiting) {
      this.#waiting.delete(network);
      this.#waiting.set(network, queue);
      for (const socket of queue) {
        this.#forget(network, socket);
        return socket;
      }
    }
    return undefined;
  }

  #letIn(): void {
    this.#refill();
    while (this.#tokens >= 1) {
      const socket = this.#next();
      if (socket === undefined) break;
      this.#tokens--;
      this.#admit(socket);
    }
    clearTimeout(this.#timer);
    const untilNextMs = Math.min(1000 / this.#options.perSecond, ROUND_MS / 2);
    if (this.#count > 0) this.#timer = setTimeout(() => this.#letIn(), untilNextMs);
  }

  #refill(): void {
    const { perSecond, burst } = this.#options;
    const now = this.#now();
    const elapsedMs = now - this.#refilledAt;
    const countedMs = this.#count > 0 ? Math.min(elapsedMs, ROUND_MS) : elapsedMs;
    this.#tokens = Math.min(burst, this.#tokens + (countedMs / 1000) * perSecond);
    this.#refilledAt = now;
  }
}
