/**
 * A connection that is held back: each piece, in either direction, waits as long as `pace` says. Meanwhile nothing more is read from
 * whoever sent it, so that it is the sender who waits and no byte is lost or kept here. Ends, half-closed connections and failures pass
 * as they come.
 */
import { Duplex } from 'node:stream';

/** Counts so many bytes. @returns how many milliseconds they have to wait */
export type Pace = (bytes: number) => number;

export class PacedStream extends Duplex {
  readonly #inner: Duplex;
  readonly #pace: Pace;
  #reading: NodeJS.Timeout | undefined;
  #writing: NodeJS.Timeout | undefined;
  #held: (() => void) | undefined;
  #hasEnded = false;

  constructor(inner: Duplex, pace: Pace) {
    super({ highWaterMark: 64 * 1024, allowHalfOpen: true });
    this.#inner = inner;
    this.#pace = pace;
    inner.on('data', (bytes: Buffer) => this.#hear(bytes));
    inner.on('drain', () => this.#goOn());
    inner.on('error', (error) => this.destroy(error));
    inner.once('end', () => {
      this.#hasEnded = true;
      if (this.#reading === undefined) this.push(null);
    });
    inner.once('close', () => this.#closed());
    inner.pause();
    if (inner.destroyed) this.destroy();
  }

  override _read(): void {
    if (this.#reading === undefined) this.#inner.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const waitMs = this.#pace(bytes.length);
    if (waitMs > 0) this.#writing = setTimeout(() => this.#send(bytes, done), waitMs);
    else this.#send(bytes, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#reading);
    clearTimeout(this.#writing);
    this.#inner.destroy();
    done(error);
  }

  #hear(bytes: Buffer): void {
    const waitMs = this.#pace(bytes.length);
    if (waitMs === 0) return this.#give(bytes);
    this.#inner.pause();
    this.#reading = setTimeout(() => {
      this.#reading = undefined;
      this.#give(bytes);
      if (this.#hasEnded) this.push(null);
    }, waitMs);
  }

  #give(bytes: Buffer): void {
    if (this.push(bytes)) this.#inner.resume();
    else this.#inner.pause();
  }

  #send(bytes: Buffer, done: () => void): void {
    if (this.#inner.write(bytes)) done();
    else this.#held = done;
  }

  #goOn(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.();
  }

  /** What had come before is still read. */
  #closed(): void {
    if (!this.#hasEnded || this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }
}
