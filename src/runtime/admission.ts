import type { Socket } from 'node:net';
import type { AddressDebts } from './address-debts.ts';
import { ipNetworkOf } from './owned-sockets.ts';

export interface AdmissionOptions {
  /** Connections per second in the long run. */
  readonly perSecond: number;
  /** Connections that may come at once. */
  readonly burst: number;
  /** Connections that may wait for their turn; more are closed, and come back with backoff. */
  readonly maxWaiting: number;
}

export interface AdmissionParts {
  readonly admit: (socket: Socket) => void;
  /** Addresses in debt have their turns later. What is admitted is entered in the account of its address by `admit`. */
  readonly debts: Pick<AddressDebts, 'isInDebt'>;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Time that counts between two looks while connections wait, milliseconds. */
const ROUND_MS = 10;
/** Callers of an address in debt that wait; more are closed. They have turns four times a second at least, so the last waits for seconds. */
const MOST_WAITING_IN_DEBT = 64;
/** Addresses that are asked for each turn whether they are in debt; the others are asked next time. */
const ASKED_FOR_A_TURN = 64;

/**
 * Lets connections in at a bounded rate, because a handshake and what follows cost milliseconds of CPU and a whole fleet may
 * come back at once. Those over the rate wait unread, addresses in turn and in order within each, so that nobody is kept
 * out by the many connections of somebody else; those over the bound are closed. An address whose connections come to nothing
 * is passed over while it is in debt for them (`AddressDebts`).
 *
 * A process that is late has too much to do already: while connections wait, no more than `ROUND_MS` between two looks give
 * turns. So each turn of the event loop lets in a few, and whatever else waits in it gets on, however slow the machine is.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #parts: AdmissionParts;
  /** By address; the first address is the next to have a turn. */
  readonly #waiting = new Map<string, Set<Socket>>();
  #count = 0;
  #tokens: number;
  readonly #now: () => number;
  #refilledAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AdmissionOptions, parts: AdmissionParts) {
    this.#options = options;
    this.#parts = parts;
    this.#tokens = options.burst;
    this.#now = parts.now ?? (() => performance.now());
    this.#refilledAt = this.#now();
  }

  get waiting(): number {
    return this.#count;
  }

  arrive(socket: Socket): void {
    const network = ipNetworkOf(socket.remoteAddress ?? '');
    if (!this.#hasRoom(network)) {
      socket.destroy();
      return;
    }
    this.#refill();
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

  #hasRoom(network: string): boolean {
    if (this.#count >= this.#options.maxWaiting) return false;
    const ofTheSame = this.#waiting.get(network)?.size ?? 0;
    return ofTheSame < MOST_WAITING_IN_DEBT || !this.#parts.debts.isInDebt(network);
  }

  #forget(network: string, socket: Socket): void {
    const queue = this.#waiting.get(network);
    if (!queue?.delete(socket)) return;
    this.#count -= 1;
    if (queue.size === 0) this.#waiting.delete(network);
  }

  /** The first of the next address that is not in debt; whichever was asked goes to the end. */
  #next(): Socket | undefined {
    const asked = [...this.#waiting.entries().take(ASKED_FOR_A_TURN)];
    for (const [network, queue] of asked) {
      this.#waiting.delete(network);
      this.#waiting.set(network, queue);
      if (this.#parts.debts.isInDebt(network)) continue;
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
      this.#parts.admit(socket);
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
