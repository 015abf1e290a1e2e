/**
 * A WebSocket as a stream. A page cannot stop its browser from reading, so the client says how much of what came it has dealt with, in
 * text messages: a number of bytes since the last one. No more than `WINDOW` is sent beyond that, and whoever writes here is held back.
 *
 * While what the client sends is held back itself, its words wait behind it: then nothing is held back for their sake, lest each
 * waits for the other; the connection still takes no more than the network does.
 */
import { Duplex } from 'node:stream';
import { type RawData, WebSocket } from 'ws'; // RFC 6455

/** What a client may have been sent and not dealt with. */
export const WINDOW = 512 * 1024;

export class SocketStream extends Duplex {
  readonly #socket: WebSocket;
  #underway = 0;
  #held: (() => void) | undefined;

  constructor(socket: WebSocket) {
    super({ highWaterMark: 64 * 1024, allowHalfOpen: true });
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    socket.once('error', (error) => this.destroy(error));
    socket.once('close', () => this.#closed());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#underway += bytes.length;
    this.#socket.send(bytes, { binary: true }, (error) => {
      if (error || this.#mayGoOn) done(error);
      else this.#held = done;
    });
  }

  override _final(done: () => void): void {
    if (this.#socket.readyState === WebSocket.CLOSED) return done();
    this.#socket.once('close', () => done());
    this.#socket.close();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }

  get #mayGoOn(): boolean {
    return this.#underway <= WINDOW || this.#socket.isPaused;
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (!isBinary) return this.#dealtWith(Number(data.toString()));
    if (this.push(data as Buffer)) return; // `binaryType` is the usual one
    this.#socket.pause();
    this.#goOn();
  }

  #dealtWith(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) return void this.destroy();
    this.#underway = Math.max(0, this.#underway - bytes);
    this.#goOn();
  }

  #goOn(): void {
    const held = this.#held;
    if (held === undefined || !this.#mayGoOn) return;
    this.#held = undefined;
    held();
  }

  #closed(): void {
    this.#held?.();
    this.#held = undefined;
    this.push(null);
    this.resume(); // so that its end is told, and with it that the client is gone
  }
}
