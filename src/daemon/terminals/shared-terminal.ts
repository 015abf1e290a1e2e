/**
 * One process somebody is connected to, and its connection, which may be lost and come again.
 *
 * attached   bytes go both ways; whoever does not read is not sent more. → alone when the connection is gone, where it is
 *            kept; else → ending. → ending when the client leaves. → over when the process has ended, which is told
 * alone      output is kept, as much as a screen needs; then the process waits. → attached when somebody comes back, who is
 *            sent what was missed. → ending after `keepMs`. Its end is kept for whoever comes back until then
 * ending     a hang-up as a terminal would send, and the end of everything in its session a moment later. → over
 *
 * Whoever comes while another is attached takes its place.
 */
import type { Duplex } from 'node:stream';
import {
  framesOf,
  TERMINAL_SIGNALS,
  type TerminalExit,
  type TerminalFrame,
  TerminalFrameReader,
  writeTerminalFrame,
} from '#protocol/terminal/terminal-frames.ts';
import { hangUp } from './hang-up.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import type { TerminalEvents, TerminalProcess } from './terminal-process.ts';

export interface SharedTerminalOptions {
  /** Undefined: nobody can come back to it. */
  readonly kept: { readonly sessionId: string; readonly keepMs: number } | undefined;
  /** Whom it runs as. */
  readonly user: string;
  /** Why it was not started after all; asked when it has ended. */
  readonly explain: (exit: TerminalExit) => TerminalExit;
  /** Nobody will come back to it. */
  readonly onOver: () => void;
}

const MOST_REPLAYED = 256 * 1024;
/** Output without a connection, before the process has to wait: most of it is still there for who comes back. */
const MOST_ALONE = 128 * 1024;
/** While a client is held back. */
const PROBE_EVERY_MS = 1_000;
const NOTHING = writeTerminalFrame({ kind: 'output', bytes: Buffer.alloc(0) });

export class SharedTerminal implements TerminalEvents {
  readonly #options: SharedTerminalOptions;
  readonly #replay: ReplayBuffer | undefined;
  #process: TerminalProcess | undefined;
  #stream: Duplex | undefined;
  #aloneFrom = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #exited = Promise.withResolvers<void>();
  #probing: NodeJS.Timeout | undefined;
  #exit: TerminalExit | undefined;
  #isEnding = false;
  #isOver = false;

  constructor(options: SharedTerminalOptions) {
    this.#options = options;
    this.#replay = options.kept && new ReplayBuffer(MOST_REPLAYED);
  }

  /** What it is the events of. */
  runs(process: TerminalProcess): void {
    this.#process = process;
    if (this.#isEnding) void this.#end(process);
    else this.#stream?.resume();
  }

  /** Resolves when this connection is over. `position`: bytes of the output that the client has. */
  async attach(stream: Duplex, position: number): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#probing);
    const former = this.#stream;
    this.#stream = stream;
    former?.destroy();
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    stream.on('error', () => stream.destroy());
    stream.on('drain', () => this.#process?.resume());
    if (this.#process === undefined) stream.pause(); // until there is somebody to give it to
    this.#obeyAll(stream);
    this.#greet(stream, position);
    this.#process?.resume();
    if (this.#exit !== undefined) this.#tellExit(this.#exit);
    await closed;
    if (this.#stream === stream) this.#detached();
    if (this.#isEnding) await this.#exited.promise;
  }

  onOutput(kind: 'output' | 'error', bytes: Buffer): void {
    this.#replay?.push(bytes);
    if (this.#stream !== undefined) this.#send(this.#stream, kind, bytes);
    else if (this.#replay !== undefined && this.#replay.end - this.#aloneFrom > MOST_ALONE) this.#process?.pause();
  }

  onDrain(): void {
    clearInterval(this.#probing);
    this.#stream?.resume();
  }

  /** What is not read is not seen to end either; what is written to a connection that has ended fails, and ends it here too. */
  #holdBack(stream: Duplex): void {
    stream.pause();
    clearInterval(this.#probing);
    this.#probing = setInterval(() => stream.destroyed || stream.write(NOTHING), PROBE_EVERY_MS);
    this.#probing.unref();
  }

  onExit(code: number): void {
    this.#exit = this.#isEnding ? { code } : this.#options.explain({ code });
    this.#exited.resolve();
    if (this.#stream !== undefined) this.#tellExit(this.#exit);
    else if (this.#timer === undefined || this.#isEnding) this.#over();
  }

  #greet(stream: Duplex, wanted: number): void {
    const { kept, user } = this.#options;
    if (kept === undefined || this.#replay === undefined) return;
    const { position, bytes } = this.#replay.from(wanted);
    const { sessionId } = kept;
    stream.write(writeTerminalFrame({ kind: 'opened', opened: { sessionId, user, position } }));
    this.#send(stream, 'output', bytes);
  }

  #send(stream: Duplex, kind: 'output' | 'error', bytes: Buffer): void {
    let hasRoom = true;
    for (const frame of framesOf(kind, bytes)) hasRoom = stream.write(frame);
    if (!hasRoom) this.#process?.pause();
  }

  #tellExit(exit: TerminalExit): void {
    const told = writeTerminalFrame({ kind: 'exit', exit });
    if (this.#options.kept !== undefined)
      this.#stream?.write(told); // whoever has read it leaves
    else this.#stream?.end(told, () => this.#over());
  }

  /** Input, sizes and signals of the client, until it is gone. */
  #obeyAll(stream: Duplex): void {
    const reader = new TerminalFrameReader();
    stream.on('data', (piece: Buffer) => {
      try {
        for (const frame of reader.read(piece)) if (!this.#obey(frame)) this.#holdBack(stream);
      } catch {
        this.#hangUp();
        stream.destroy();
      }
    });
    stream.once('end', () => stream.destroy());
  }

  /** False: input has to wait. */
  #obey(frame: TerminalFrame): boolean {
    const process = this.#process;
    if (frame.kind === 'leave') {
      this.#hangUp();
      this.#stream?.destroy();
    }
    if (process === undefined || this.#exit !== undefined) return true;
    if (frame.kind === 'input') return process.write(frame.bytes);
    if (frame.kind === 'end') process.end();
    if (frame.kind === 'size') process.resize(frame.columns, frame.rows);
    if (frame.kind === 'signal') {
      const name = TERMINAL_SIGNALS.find((known) => known === frame.name);
      if (name !== undefined) process.signal(name);
    }
    return true;
  }

  #detached(): void {
    clearInterval(this.#probing);
    this.#stream = undefined;
    this.#aloneFrom = this.#replay?.end ?? 0;
    if (this.#isEnding) return;
    const { kept } = this.#options;
    if (kept === undefined) return this.#hangUp();
    this.#process?.resume();
    this.#timer = setTimeout(() => this.#hangUp(), kept.keepMs);
    this.#timer.unref();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.onOver();
  }

  #hangUp(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    clearTimeout(this.#timer);
    if (this.#process !== undefined) void this.#end(this.#process);
  }

  async #end(running: TerminalProcess): Promise<void> {
    if (this.#exit === undefined) {
      running.resume();
      await hangUp(running, this.#exited.promise);
    }
    this.#exited.resolve();
    this.#over();
  }
}
