/**
 * The time of the database, as this controller last measured it.
 *
 * Controllers compare times with what other controllers wrote: leases, presence, deadlines, ends of certificates. Their own
 * clocks may be apart; the database's is one. Between two measurements the clock goes on with the monotonic clock
 * of this machine, so a step of its wall clock changes nothing. Every renewal of the controller lease is a measurement.
 * What decides who may act (leases) does not use it: those statements take the time where they run.
 */
import type { Clock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

/** An answer that took longer says too little about the instant in between. */
const GOOD_ANSWER_MS = 500;

/** Controller and nodes verify certificates by the clock of their own machine; ours begin this much before they are issued. */
export const MOST_SKEW_MS = 3_600_000;

/** From here on operators are told. */
export const NOTABLE_SKEW_MS = 5_000;

export interface DatabaseClockOptions {
  /** Wall clock of this machine, milliseconds since the epoch. */
  readonly wallMs?: () => number;
  /** Milliseconds that rise steadily. */
  readonly steadyMs?: () => number;
}

export class DatabaseClock implements Clock {
  readonly #wallMs: () => number;
  readonly #steadyMs: () => number;
  #measured: { readonly databaseMs: number; readonly steadyMs: number } | undefined;

  constructor({ wallMs = Date.now, steadyMs = () => performance.now() }: DatabaseClockOptions = {}) {
    this.#wallMs = wallMs;
    this.#steadyMs = steadyMs;
  }

  now(): Date {
    return new Date(this.millis());
  }

  /** Before the first measurement the clock of this machine. */
  millis(): number {
    if (this.#measured === undefined) return this.#wallMs();
    return Math.floor(this.#measured.databaseMs + this.#steadyMs() - this.#measured.steadyMs);
  }

  /** How far the clock of this machine is ahead of the database's, in milliseconds. */
  get skewMs(): number {
    return this.#wallMs() - this.millis();
  }

  async measure(db: Queryable): Promise<void> {
    await this.measureBy(async () => {
      const [row] = await db.query<{ at: Date }>(sql`select clock_timestamp() as at`);
      return row?.at;
    });
  }

  /** Measures with an answer that holds the database's time. One that was slow counts only while there is none better. */
  async measureBy(ask: () => Promise<Date | undefined>): Promise<void> {
    const askedAt = this.#steadyMs();
    const at = await ask();
    const answeredAt = this.#steadyMs();
    if (at === undefined || !this.#isBetter(at, answeredAt - askedAt)) return;
    this.#measured = { databaseMs: at.getTime(), steadyMs: (askedAt + answeredAt) / 2 };
  }

  #isBetter(at: Date, tookMs: number): boolean {
    if (this.#measured === undefined || tookMs <= GOOD_ANSWER_MS) return true;
    return Math.abs(at.getTime() - this.millis()) > tookMs;
  }

  /** @throws FleetError `unavailable` where this machine's clock would make certificates wrong. */
  refuseWhereCertificatesWouldBeWrong(): void {
    if (Math.abs(this.skewMs) <= MOST_SKEW_MS) return;
    throw new FleetError(
      'unavailable',
      `the clock of this controller says ${new Date(this.#wallMs()).toISOString()}, its database says ` +
        `${this.now().toISOString()}: certificates are not issued until they agree to within an hour`,
    );
  }
}
