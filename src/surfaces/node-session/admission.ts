import type { Socket } from 'node:net';

export interface AdmissionOptions {
  /** Connections per second in the long run. */
  readonly perSecond: number;
  /** Connections that may come at once. */
  readonly burst: number;
  /** Connections that may wait for their turn; more are closed, and come back with backoff. */
  readonly maxWaiting: number;
}

/**
 * Lets connections in at a bounded rate, because a handshake costs a millisecond of CPU and a whole fleet may come back at
 * once. Those over the rate wait in order, unread; those over the bound are closed.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #admit: (socket: Socket) => void;
  readonly #waiting = new Set<Socket>();
  #tokens: number;
  #refilledAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AdmissionOptions, admit: (socket: Socket) => void, now = performance.now()) {
    this.#options = options;
    this.#admit = admit;
    this.#tokens = options.burst;
    this.#refilledAt = now;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  arrive(socket: Socket): void {
    if (this.#waiting.size >= this.#options.maxWaiting) {
      socket.destroy();
      return;
    }
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
    this.#refill(performance.now());
    for (const socket of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens--;
      this.#waiting.delete(socket);
      this.#admit(socket);
    }
    clearTimeout(this.#timer);
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#letIn(), 1000 / this.#options.perSecond);
  }

  #refill(now: number): void {
    const { perSecond, burst } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#refilledAt) / 1000) * perSecond);
    this.#refilledAt = now;
  }
}
