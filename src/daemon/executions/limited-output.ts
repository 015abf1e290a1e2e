/**
 * What is kept of the output of one stream: all of it up to the limit; beyond it the head, which leaves at once, and the
 * tail, which waits in a ring until the end, with a marker in between that says how much is missing.
 */

export interface OutputLimit {
  readonly headBytes: number;
  readonly tailBytes: number;
}

/** Memory one tail may take, whatever the limit is. */
const MAX_TAIL_BYTES = 1024 * 1024;

/** Half for the head and half for the tail; a tail never takes more than 1 MiB of memory, and the head has the rest. */
export function outputLimit(limitBytes: number): OutputLimit {
  const tailBytes = Math.min(Math.floor(limitBytes / 2), MAX_TAIL_BYTES);
  return { headBytes: limitBytes - tailBytes, tailBytes };
}

export class LimitedOutput {
  readonly #limit: OutputLimit;
  readonly #tail: Ring;
  #producedBytes = 0;

  constructor(limit: OutputLimit) {
    this.#limit = limit;
    this.#tail = new Ring(limit.tailBytes);
  }

  /** As the process wrote them, kept or not. */
  get producedBytes(): number {
    return this.#producedBytes;
  }

  get omittedBytes(): number {
    return Math.max(0, this.#producedBytes - this.#limit.headBytes - this.#limit.tailBytes);
  }

  /** Returns the part of `data` that belongs to the head and is to be sent now; keeps the rest. */
  take(data: Buffer): Buffer {
    const headRoom = Math.max(0, this.#limit.headBytes - this.#producedBytes);
    this.#producedBytes += data.length;
    if (data.length > headRoom) this.#tail.push(data.subarray(headRoom));
    return data.subarray(0, headRoom);
  }

  /** What is to be sent after the head, once the stream has ended. */
  end(): Buffer {
    const tail = this.#tail.drain();
    const omitted = this.omittedBytes;
    return omitted === 0 ? tail : Buffer.concat([Buffer.from(`\n… ${omitted} bytes omitted …\n`), tail]);
  }
}

/** The last bytes of what went in. Its memory grows with what is in it, up to its capacity. */
class Ring {
  readonly #capacity: number;
  #bytes = Buffer.alloc(0);
  /** Where the next byte goes. */
  #at = 0;
  #isFull = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(data: Buffer): void {
    const kept = data.subarray(Math.max(0, data.length - this.#capacity));
    if (kept.length === 0) return;
    this.#makeRoom(kept.length);
    const first = Math.min(kept.length, this.#bytes.length - this.#at);
    kept.copy(this.#bytes, this.#at, 0, first);
    kept.copy(this.#bytes, 0, first);
    this.#isFull ||= this.#at + kept.length >= this.#bytes.length;
    this.#at = (this.#at + kept.length) % this.#bytes.length;
  }

  drain(): Buffer {
    const [at, isFull, bytes] = [this.#at, this.#isFull, this.#bytes];
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#isFull = false;
    return isFull ? Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]) : bytes.subarray(0, at);
  }

  #makeRoom(length: number): void {
    const needed = this.#at + length;
    if (this.#isFull || needed < this.#bytes.length || this.#bytes.length === this.#capacity) return;
    const grown = Buffer.allocUnsafe(Math.min(this.#capacity, Math.max(needed + 1, 2 * this.#bytes.length, 4096)));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
