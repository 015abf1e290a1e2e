/**
 * One connection of a terminal session, where it ends at this controller: the tunnel to the node on one side, the client on the other.
 *
 * attached  frames go both ways, and output to the recording too; whoever takes no more holds the others back. → alone when the
 *           client is gone, where the session is kept; else → over
 * alone     output is read on and recorded. → over when nobody has come back: a client that does comes by another tunnel, for which
 *           the node closes this one
 * over      final: the process has ended, the client has left, it was idle, its caller lost the right, or somebody ended it; the
 *           node is told to end the process. Or not: the tunnel was cut, or this controller stops, and the session may go on.
 */
import type { Duplex } from 'node:stream';
import { TUNNEL_TIMES } from '#core/tunnels/tunnel.ts';
import type { Tunnel } from '#core/tunnels/tunnel-desk.ts';
import {
  type TerminalExit,
  type TerminalFrame,
  TerminalFrameReader,
  type TerminalOpened,
  writeTerminalFrame,
} from '#protocol/terminal/terminal-frames.ts';

export interface LiveTerminalParts {
  readonly tunnel: Tunnel;
  readonly client: Duplex;
  /** Zero: it ends with its client. */
  readonly keepMs: number;
  /** The client knows `opened` and `notice`. */
  readonly isTold: boolean;
  readonly idleMs: number;
  readonly recording: Recording | undefined;
  readonly onOpened: (opened: TerminalOpened) => void;
}

export interface Recording {
  seek(position: number): void;
  /** False: no more until the terminal is told to `go on`. */
  output(bytes: Buffer): boolean;
  resize(columns: number, rows: number): void;
  end(): Promise<void>;
}

export interface LiveEnd {
  readonly why: string;
  readonly isFinal: boolean;
  readonly exitCode: number | null;
}

const NOTHING: TerminalFrame = { kind: 'output', bytes: Buffer.alloc(0) };
const LEAVE = writeTerminalFrame({ kind: 'leave' });
const LOOK_EVERY_MS = 5_000;
/** For a node to take the word; then the connection is cut, and it ends the process when nobody comes back. */
const LEAVE_WITHIN_MS = 2_000;
/** What a watcher has not taken yet. */
const MOST_BYTES_BEHIND = 1 << 20;
/** For a client to take what was said last. */
const LAST_WORDS_MS = 30_000;
/** Reasons of the desk after which the session may go on. */
const PASSING = new Set(['controller_stopped']);

export class LiveTerminal {
  readonly #parts: LiveTerminalParts;
  readonly #over = Promise.withResolvers<LiveEnd>();
  readonly #watchers = new Set<Duplex>();
  readonly #holds = new Set<'client' | 'recording'>();
  #bytesUp = 0;
  #bytesDown = 0;
  #movedAt = performance.now();
  readonly #startedAt = performance.now();
  #alone: NodeJS.Timeout | undefined;
  /** The latest that the client has told; none: that of the beginning. */
  #size: TerminalFrame | undefined;
  #isOver = false;

  constructor(parts: LiveTerminalParts) {
    this.#parts = parts;
  }

  /** Until it is over; then both connections are gone and the recording is kept. */
  async carry(): Promise<LiveEnd> {
    const { tunnel, client, recording } = this.#parts;
    const { stream, signal } = tunnel;
    const aborted = () => this.#aborted(signal.reason);
    const looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
    signal.addEventListener('abort', aborted);
    this.#follow(
      client,
      (frame) => this.#fromClient(frame),
      () => this.#clientGone(),
    );
    this.#follow(
      stream,
      (frame) => this.#fromNode(frame),
      () => this.cut('cut'),
    );
    client.on('data', (piece: Buffer) => this.#up(piece));
    client.on('drain', () => this.#release('client'));
    stream.on('drain', () => client.resume());
    client.resume(); // the door held it back until now
    if (signal.aborted) aborted();
    else if (stream.destroyed) this.cut('cut');
    else if (client.destroyed) this.#clientGone();
    const end = await this.#over.promise;
    clearInterval(looking);
    clearTimeout(this.#alone);
    signal.removeEventListener('abort', aborted);
    await recording?.end();
    tunnel.over({ why: end.why, bytesUp: this.#bytesUp, bytesDown: this.#bytesDown });
    return end;
  }

  /** Ends the process, and everything with it. */
  leave(why: string): void {
    this.#finish({ why, isFinal: true });
  }

  /** Ends this connection alone: the session may go on by another. */
  cut(why: string): void {
    this.#finish({ why, isFinal: false });
  }

  /** The recording takes more. */
  goOn(): void {
    this.#release('recording');
  }

  /** For the person at the terminal. */
  notify(text: string): void {
    if (this.#parts.isTold) this.#toClient({ kind: 'notice', text });
  }

  /** Shows it to somebody else from now on; the person at the terminal is told. Whoever does not keep up is let go. */
  watch(watcher: Duplex, name: string): void {
    this.#watchers.add(watcher);
    watcher.on('error', () => watcher.destroy());
    watcher.once('end', () => watcher.destroy());
    watcher.once('close', () => {
      if (this.#watchers.delete(watcher)) this.notify(`${name} watches no more`);
    });
    watcher.resume(); // what it says is nothing to anybody
    if (this.#size !== undefined) watcher.write(writeTerminalFrame(this.#size));
    this.notify(`${name} watches this session`);
    if (this.#isOver || watcher.destroyed) watcher.destroy();
  }

  #toWatchers(frame: TerminalFrame): void {
    for (const watcher of this.#watchers) {
      if (watcher.writableLength > MOST_BYTES_BEHIND) watcher.destroy();
      else watcher.write(writeTerminalFrame(frame));
    }
  }

  #follow(from: Duplex, take: (frame: TerminalFrame) => void, gone: () => void): void {
    const reader = new TerminalFrameReader();
    from.on('data', (piece: Buffer) => {
      this.#movedAt = performance.now();
      try {
        for (const frame of reader.read(piece)) take(frame);
      } catch {
        this.leave('broken');
      }
    });
    for (const event of ['end', 'close', 'error']) from.on(event, gone);
  }

  #up(piece: Buffer): void {
    this.#bytesUp += piece.length;
    const { stream } = this.#parts.tunnel;
    if (this.#isOver || stream.destroyed) return;
    if (!stream.write(piece)) this.#parts.client.pause();
  }

  #fromClient(frame: TerminalFrame): void {
    if (frame.kind === 'leave') this.leave('left');
    if (frame.kind !== 'size') return;
    this.#size = frame;
    this.#toWatchers(frame);
    this.#parts.recording?.resize(frame.columns, frame.rows);
  }

  #fromNode(frame: TerminalFrame): void {
    const { recording, isTold, onOpened } = this.#parts;
    if (frame.kind === 'opened') {
      recording?.seek(frame.opened.position);
      onOpened(frame.opened);
      if (isTold) this.#toClient(frame);
      return;
    }
    if (frame.kind === 'output') {
      this.#bytesDown += frame.bytes.length;
      if (recording?.output(frame.bytes) === false) this.#hold('recording');
    }
    this.#toWatchers(frame);
    this.#toClient(frame);
    if (frame.kind === 'exit') this.#finish({ why: endOf(frame.exit), isFinal: true, exitCode: frame.exit.code });
  }

  #toClient(frame: TerminalFrame): void {
    const { client } = this.#parts;
    if (this.#alone !== undefined || !client.writable) return;
    if (!client.write(writeTerminalFrame(frame))) this.#hold('client');
  }

  #hold(who: 'client' | 'recording'): void {
    this.#holds.add(who);
    this.#parts.tunnel.stream.pause();
  }

  #release(who: 'client' | 'recording'): void {
    this.#holds.delete(who);
    if (this.#holds.size === 0) this.#parts.tunnel.stream.resume();
  }

  #clientGone(): void {
    if (this.#isOver || this.#alone !== undefined) return;
    const { keepMs, client } = this.#parts;
    if (keepMs === 0) return this.leave('gone');
    this.#alone = setTimeout(() => this.leave('nobody_came_back'), keepMs);
    client.destroy();
    this.#release('client');
  }

  #look(): void {
    const now = performance.now();
    const { client } = this.#parts;
    if (client.isPaused()) this.#toClient(NOTHING); // its end is not seen while nothing of it is read, but by writing
    if (now - this.#movedAt >= this.#parts.idleMs) this.leave('idle');
    if (now - this.#startedAt >= TUNNEL_TIMES.totalMs) this.leave('lasted_too_long');
  }

  #aborted(reason: unknown): void {
    const why = typeof reason === 'string' ? reason : 'aborted';
    this.#finish({ why, isFinal: !PASSING.has(why) });
  }

  #finish({ why, isFinal, exitCode = null }: Partial<LiveEnd> & Pick<LiveEnd, 'why' | 'isFinal'>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { client, tunnel } = this.#parts;
    const { stream } = tunnel;
    if (isFinal && !stream.destroyed) {
      stream.end(LEAVE, () => stream.destroy());
      setTimeout(() => stream.destroy(), LEAVE_WITHIN_MS).unref(); // what a node does not read, it does not obey
    } else stream.destroy();
    for (const one of [client, ...this.#watchers]) {
      one.end(() => one.destroy());
      setTimeout(() => one.destroy(), LAST_WORDS_MS).unref();
    }
    this.#watchers.clear();
    this.#over.resolve({ why, isFinal, exitCode });
  }
}

function endOf({ code, problem = '' }: TerminalExit): string {
  if (code !== null) return 'exited';
  return problem.startsWith('session_over: ') ? 'shell_lost' : 'not_started';
}
