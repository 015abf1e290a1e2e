/**
 * How much output of one execution may be on its way: sent, and not acknowledged.
 *
 * A fixed window is a bound on the rate over a long way: 256 KiB for each round trip are 5 MB/s at 40 ms. A large one is a
 * queue on a short way, behind which results and heartbeats wait. So the window follows the way: half as much again as what
 * arrives within the shortest time that an acknowledgement took. While it is the window that bounds the rate, it grows by half
 * with each round trip; when the way or the controller does, it stays, and what waits on the way is half a round trip.
 *
 * The shortest time is of the last `FORGET_MS` to twice that; then the window is as small as at first for a round trip, so
 * that the way is measured without our own queue. What windows have beyond their least, all executions of a node share.
 */

/** The least window, and that of an execution that has just begun. */
export const LEAST_WINDOW_BYTES = 256 * 1024;
/** What the stream of a session takes ahead for all executions of a node together, beyond the minimum of each. */
const SHARED_BYTES = 4 << 20;
const GAIN = 1.5;
const FORGET_MS = 10_000;

/** What windows of one node have beyond their least. */
export class WindowShare {
  #left: number;

  constructor(bytes = SHARED_BYTES) {
    this.#left = bytes;
  }

  /** Returns how much there is of it. */
  take(bytes: number): number {
    const taken = Math.min(bytes, this.#left);
    this.#left -= taken;
    return taken;
  }
}

interface Sent {
  readonly bytes: number;
  readonly at: number;
  /** Bytes that had been acknowledged when it was sent. */
  readonly before: number;
}

export class OutputWindow {
  readonly #share: WindowShare;
  readonly #least: number;
  readonly #now: () => number;
  readonly #sent: Sent[] = [];
  #extra = 0;
  #inFlight = 0;
  #arrived = 0;
  #shortest = Number.POSITIVE_INFINITY;
  #shortestBefore = Number.POSITIVE_INFINITY;
  #measuredSince: number;
  /** The window stays at its least until so much has arrived. */
  #leastUntil = 0;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(share: WindowShare, least = LEAST_WINDOW_BYTES, now = () => performance.now()) {
    this.#share = share;
    this.#least = least;
    this.#now = now;
    this.#measuredSince = now();
  }

  get bytes(): number {
    return this.#least + this.#extra;
  }

  get bytesInFlight(): number {
    return this.#inFlight;
  }

  /** One chunk may always be on its way. */
  fits(bytes: number): boolean {
    return this.#inFlight === 0 || this.#inFlight + bytes <= this.bytes;
  }

  send(bytes: number): void {
    this.#sent.push({ bytes, at: this.#now(), before: this.#arrived });
    this.#inFlight += bytes;
  }

  /** The first `count` of what is on its way have arrived, by one acknowledgement. */
  acknowledge(count: number): void {
    const arrived = this.#sent.splice(0, count);
    const last = arrived.at(-1);
    if (last === undefined) return;
    for (const { bytes } of arrived) {
      this.#arrived += bytes;
      this.#inFlight -= bytes;
    }
    const now = this.#now();
    const tookMs = Math.max(0.1, now - last.at);
    this.#shortest = Math.min(this.#shortest, tookMs);
    const perMs = (this.#arrived - last.before) / tookMs;
    if (this.#arrived >= this.#leastUntil)
      this.#resize(GAIN * perMs * Math.min(this.#shortest, this.#shortestBefore) - this.#least);
    if (now - this.#measuredSince >= FORGET_MS) this.#measureAnew(now);
  }

  /** What was on its way is lost, or nobody wants it. */
  rewind(): void {
    this.#sent.length = 0;
    this.#inFlight = 0;
    this.#leastUntil = 0;
    this.#resize(0);
  }

  #measureAnew(now: number): void {
    this.#shortestBefore = this.#shortest;
    this.#shortest = Number.POSITIVE_INFINITY;
    this.#measuredSince = now;
    this.#leastUntil = this.#arrived + this.#inFlight + this.#least;
    this.#resize(0);
  }

  #resize(extra: number): void {
    this.#share.take(-this.#extra);
    this.#extra = this.#share.take(Math.max(0, extra));
  }
}
