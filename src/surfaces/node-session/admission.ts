import type { Socket } from 'node:net';

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
 * come back at once. Those over the rate wait in order, unread; those over the bound are closed.
 *
 * A process that is late has too much to do already: while connections wait, no more than `ROUND_MS` between two looks give
 * turns. So each turn of the event loop lets in a few, and whatever else waits in it gets on, however slow the machine is.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #admit: (socket: Socket) => void;
  readonly #waiting = new Set<Socket>();
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
    return this.#waiting.size;
  }

  arrive(socket: Socket): void {
    if (this.#waiting.size >= this.#options.maxWaiting) {
      socket.destroy();
      return;
    }
    this.#refill();
    this.#waiting.add(socket);
    socket.once('error', () => this.#forget(socket));
    socket.once('close', () => this.#forget(socket));
    this.#letIn();
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #forget(socket: Socket): void {
    this.#waiting.delete(socket);
  }

  #letIn(): void {
    this.#refill();
    for (const socket of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens--;
      this.#waiting.delete(socket);
      this.#admit(socket);
    }
    clearTimeout(this.#timer);
    const untilNextMs = Math.min(1000 / this.#options.perSecond, ROUND_MS / 2);
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#letIn(), untilNextMs);
  }

  #refill(): void {
    const { perSecond, burst } = this.#options;
    const now = this.#now();
    const elapsedMs = now - this.#refilledAt;
    const countedMs = this.#waiting.size > 0 ? Math.min(elapsedMs, ROUND_MS) : elapsedMs;
    this.#tokens = Math.min(burst, this.#tokens + (countedMs / 1000) * perSecond);
    this.#refilledAt = now;
  }
}
