import type { Service } from '#runtime/service.ts';
import type { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import { SharedReconciler } from '../kernel/shared-reconciler.ts';
import type { Queryable } from '../kernel/sql.ts';
import { type RevokedSerial, readRevokedSerials } from './store.ts';

export interface RevokedSerialsParts {
  readonly db: Queryable;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly onFailure?: (error: unknown) => void;
}

const TOPIC = 'certificates.revoked';
const REREAD_EVERY_MS = 30_000;
/** How far back a re-read looks behind the one before: other clocks, and transactions that took their time. */
const OVERLAP_MS = 10 * 60_000;

/**
 * The check that counts on every connection and request: the serials that are revoked and have not ended, in memory. A
 * revocation list is not enough, because a resumed TLS session does not look at it. Loaded at start; told at once here
 * and over the bus elsewhere; what a message lost is found by reading again.
 */
export class RevokedSerials implements Service {
  readonly name = 'revoked serials';
  readonly #parts: RevokedSerialsParts;
  readonly #reconciler: SharedReconciler;
  /** Serial → end of the certificate, in milliseconds. */
  readonly #serials = new Map<string, number>();
  #readUntil = new Date(0);

  constructor(parts: RevokedSerialsParts) {
    this.#parts = parts;
    this.#reconciler = new SharedReconciler({
      name: this.name,
      everyMs: REREAD_EVERY_MS,
      reconcile: () => this.#reconcile(),
      bus: parts.bus,
      topic: TOPIC,
      onMessage: (message) => this.#add(readMessage(message)),
      onFailure: parts.onFailure,
    });
  }

  start(): Promise<void> {
    return this.#reconciler.start();
  }

  stop(): Promise<void> {
    return this.#reconciler.stop();
  }

  /** `serial` in upper-case hex; leading zeros do not matter. */
  isRevoked(serial: string): boolean {
    return this.#serials.has(normalised(serial));
  }

  get size(): number {
    return this.#serials.size;
  }

  /** After the transaction that revoked them: refused here from now on, and everywhere else as fast as the bus is. */
  tell(revoked: readonly RevokedSerial[]): void {
    this.#add(revoked);
    this.#reconciler.tellOthers({ revoked: revoked.map(({ serial, notAfter }) => [serial, notAfter.getTime()]) });
  }

  #add(revoked: readonly RevokedSerial[]): void {
    for (const { serial, notAfter } of revoked) this.#serials.set(normalised(serial), notAfter.getTime());
  }

  async #reconcile(): Promise<void> {
    const now = this.#parts.clock.now();
    this.#add(await readRevokedSerials(this.#parts.db, this.#readUntil, now));
    this.#readUntil = new Date(now.getTime() - OVERLAP_MS);
    for (const [serial, notAfter] of this.#serials) if (notAfter <= now.getTime()) this.#serials.delete(serial);
  }
}

/** The message is our own, from a controller of perhaps another version: what it does not hold is not taken from it. */
function readMessage(message: unknown): RevokedSerial[] {
  const { revoked } = (message ?? {}) as { revoked?: unknown }; // checked below
  if (!Array.isArray(revoked)) return [];
  return revoked.flatMap((entry: unknown) => {
    const [serial, notAfter] = Array.isArray(entry) ? (entry as unknown[]) : [];
    return typeof serial === 'string' && typeof notAfter === 'number' ? [{ serial, notAfter: new Date(notAfter) }] : [];
  });
}

function normalised(serial: string): string {
  return serial.toUpperCase().replace(/^0+(?=.)/, '');
}
