/**
 * One terminal and the WebSocket it goes by.
 *
 * connecting  a ticket is asked for, and presented. → open; → over when it is refused
 * open        frames go both ways. → over when the process ends or somebody leaves; → lost when the connection is
 * lost        the session waits at its node for a minute: tickets for it are asked for until one is good. → open, or over
 * over        says why; nothing happens any more
 */
import { call } from '../../api/call.ts';
import { Problem } from '../../api/problem.ts';
import { binaryFrame, FrameReader, type HeardFrame, inputFrames, leaveFrame, sizeFrame } from './frames.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type Wanted =
  | { readonly kind: 'terminal'; readonly node: string; readonly user?: string | undefined }
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'watch'; readonly sessionId: string };

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'over'; readonly code: number | null; readonly problem: unknown };

export interface ConnectionParts {
  readonly wanted: Wanted;
  readonly size: () => Size;
  /** Resolves when it is shown. */
  readonly show: (bytes: Uint8Array) => Promise<void>;
  readonly onState: (state: ConnectionState) => void;
  readonly onOpened: (opened: { readonly sessionId: string; readonly user: string }) => void;
  readonly onNotice: (text: string) => void;
  /** The window that is watched has this size from now on. */
  readonly onSize: (size: Size) => void;
}

const TYPE = 'xterm-256color';
/** A little less than a shell waits. */
const COME_BACK_WITHIN_MS = 58_000;
const RETRY_MS = 1_000;
const HANDSHAKE_WITHIN_MS = 15_000;

export class Connection {
  readonly #parts: ConnectionParts;
  #state: ConnectionState = { kind: 'connecting' };
  #socket: WebSocket | undefined;
  #sessionId: string | undefined;
  #position = 0;
  #lostAt: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    if (parts.wanted.kind === 'session') this.#sessionId = parts.wanted.sessionId;
    void this.#connect();
  }

  type(text: string): void {
    for (const frame of inputFrames(text)) this.#send(frame);
  }

  typeBinary(text: string): void {
    this.#send(binaryFrame(text));
  }

  resize({ columns, rows }: Size): void {
    this.#send(sizeFrame(columns, rows));
  }

  /** Ends the process. */
  leave(): void {
    this.#send(leaveFrame());
    this.#become({ kind: 'over', code: null, problem: undefined });
  }

  /** Goes away; the session waits for a minute. */
  dispose(): void {
    this.#state = { kind: 'over', code: null, problem: undefined }; // nobody has to be told
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  async #connect(): Promise<void> {
    try {
      const { ticket, protocol, path } = await call('POST /v1/terminal-sessions/tickets', { body: this.#request() });
      if (this.#isOver) return;
      const socket = new WebSocket(addressOf(path), [protocol, ticket]);
      this.#follow(socket);
    } catch (problem) {
      const isPassing =
        problem instanceof Problem && (problem.status === 0 || problem.status >= 500 || problem.status === 429);
      if (isPassing && this.#sessionId !== undefined) this.#lost();
      else this.#become({ kind: 'over', code: null, problem });
    }
  }

  #request() {
    const { wanted, size } = this.#parts;
    if (wanted.kind === 'watch') return { kind: 'watch' as const, session_id: wanted.sessionId };
    if (this.#sessionId !== undefined)
      return { kind: 'session' as const, session_id: this.#sessionId, position: this.#position };
    const { node, user } = wanted as Extract<Wanted, { kind: 'terminal' }>; // the others are above
    return { kind: 'terminal' as const, node, ...(user !== undefined && { user }), window: { ...size(), type: TYPE } };
  }

  #follow(socket: WebSocket): void {
    const reader = new FrameReader();
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#timer = setTimeout(() => socket.close(), HANDSHAKE_WITHIN_MS);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      if (this.#parts.wanted.kind === 'watch') this.#become({ kind: 'open' });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const bytes = new Uint8Array(data);
      for (const frame of reader.read(bytes)) this.#hear(frame);
      const { length } = bytes;
      void this.#shown.then(() => tell(socket, length));
    };
    socket.onclose = () => {
      clearTimeout(this.#timer);
      if (this.#socket === socket) this.#closed();
    };
  }

  #shown: Promise<unknown> = Promise.resolve();

  #hear(frame: HeardFrame): void {
    const { onOpened, onNotice, onSize, show, size } = this.#parts;
    if (frame.kind === 'output') {
      this.#position += frame.bytes.length;
      this.#shown = show(frame.bytes);
    } else if (frame.kind === 'opened') {
      const isBack = this.#sessionId !== undefined;
      this.#sessionId = frame.sessionId;
      this.#position = frame.position;
      this.#lostAt = undefined;
      this.#become({ kind: 'open' });
      onOpened(frame);
      if (isBack) this.resize(size()); // the window may be another by now
    } else if (frame.kind === 'exit') {
      const problem = frame.problem === undefined ? undefined : new Error(frame.problem);
      this.#become({ kind: 'over', code: frame.code, problem });
    } else if (frame.kind === 'notice') onNotice(frame.text);
    else onSize(frame);
  }

  #closed(): void {
    if (this.#isOver) return;
    if (this.#sessionId !== undefined && this.#parts.wanted.kind !== 'watch') this.#lost();
    else this.#become({ kind: 'over', code: null, problem: undefined });
  }

  #lost(): void {
    this.#lostAt ??= performance.now();
    if (performance.now() - this.#lostAt > COME_BACK_WITHIN_MS)
      return this.#become({ kind: 'over', code: null, problem: undefined });
    this.#become({ kind: 'lost' });
    this.#timer = setTimeout(() => void this.#connect(), RETRY_MS * (0.5 + Math.random()));
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  #become(state: ConnectionState): void {
    if (this.#isOver) return;
    this.#state = state;
    this.#parts.onState(state);
    if (state.kind === 'over') this.#socket?.close();
  }

  get #isOver(): boolean {
    return this.#state.kind === 'over';
  }
}

function tell(socket: WebSocket, bytes: number): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(String(bytes));
}

function addressOf(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
