/**
 * What is typed, on its way to a terminal. A stream of Node's waits on the spot while a program does not read, and with it everything
 * the process does; so bytes are written as far as the terminal takes them, and the rest is tried again in a moment.
 *
 * empty    what comes is written at once. → waiting when the terminal takes no more
 * waiting  what comes is queued; whoever writes is told to hold back. → empty when all was taken, which is told
 * closed   the terminal is gone: its descriptor may be that of something else by now, so nothing is written any more
 */
import { writeSync } from 'node:fs';

export interface PtyInputParts {
  /** The descriptor of the terminal, which is non-blocking. */
  readonly fd: number;
  readonly isOpen: () => boolean;
  readonly onDrain: () => void;
}

const FIRST_RETRY_MS = 2;
const LONGEST_RETRY_MS = 50;

export class PtyInput {
  readonly #parts: PtyInputParts;
  #waiting: Buffer[] = [];
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: PtyInputParts) {
    this.#parts = parts;
  }

  /** False: hold back until `onDrain`. */
  write(bytes: Buffer): boolean {
    if (bytes.length > 0) this.#waiting.push(bytes);
    if (this.#timer === undefined) this.#flush();
    return this.#waiting.length === 0;
  }

  #flush(): void {
    this.#timer = undefined;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const written = this.#take(next);
      if (written === undefined) return this.#end();
      if (written > 0) this.#retryMs = FIRST_RETRY_MS;
      if (written < next.length) {
        this.#waiting[0] = next.subarray(written);
        return this.#tryAgain();
      }
      this.#waiting.shift();
    }
  }

  /** How much the terminal takes now; undefined: it is gone. */
  #take(bytes: Buffer): number | undefined {
    if (!this.#parts.isOpen()) return undefined;
    try {
      return writeSync(this.#parts.fd, bytes);
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? 0 : undefined;
    }
  }

  #tryAgain(): void {
    this.#timer = setTimeout(() => {
      this.#flush();
      if (this.#waiting.length === 0) this.#parts.onDrain();
    }, this.#retryMs);
    this.#timer.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #end(): void {
    this.#waiting = [];
  }
}
