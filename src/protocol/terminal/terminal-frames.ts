/**
 * What passes between a terminal and the process at its far end, on one tunnel: frames of one byte for the kind, four
 * bytes for the length, big-endian, and so many bytes, `MOST_BYTES` at most. Whoever meets a frame in another form
 * ends the tunnel.
 *
 * client → node: `input`, `end` of the input, `size` of the window, `signal`, and `leave`: end it now, nobody comes back.
 * node → client: `opened`, where the client asked for a session; `output`, `error` output (only without a terminal of its own),
 * and at the end one `exit`. Between them the controller adds a `notice`, for the person at the terminal.
 */
export const MOST_BYTES = 65_536;

const HEADER_BYTES = 5;

/** Numbers on the wire; never given to another kind. */
const KINDS = {
  input: 0,
  output: 1,
  error: 2,
  size: 3,
  signal: 4,
  end: 5,
  exit: 6,
  leave: 7,
  opened: 8,
  notice: 9,
} as const;

export type TerminalFrame =
  | { readonly kind: 'input' | 'output' | 'error'; readonly bytes: Buffer }
  | { readonly kind: 'end' | 'leave' }
  | { readonly kind: 'size'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'opened'; readonly opened: TerminalOpened }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'exit'; readonly exit: TerminalExit };

export interface TerminalOpened {
  readonly sessionId: string;
  /** Whom it runs as on the node. */
  readonly user: string;
  /** Bytes of its output before the next one that is sent. */
  readonly position: number;
}

export interface TerminalExit {
  /** As a shell has it: 128 and the number for a signal. Null: it was not started. */
  readonly code: number | null;
  /** Why it was not started, for people. */
  readonly problem?: string;
}

/** Signals a client may send: those a terminal sends, and those people use to end something. */
export const TERMINAL_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;

export class BrokenFrame extends Error {}

export function writeTerminalFrame(frame: TerminalFrame): Buffer {
  const content = contentOf(frame);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + content.length);
  bytes.writeUInt8(KINDS[frame.kind], 0);
  bytes.writeUInt32BE(content.length, 1);
  content.copy(bytes, HEADER_BYTES);
  return bytes;
}

function contentOf(frame: TerminalFrame): Buffer {
  switch (frame.kind) {
    case 'input':
    case 'output':
    case 'error':
      return frame.bytes;
    case 'end':
    case 'leave':
      return Buffer.alloc(0);
    case 'opened':
      return Buffer.from(JSON.stringify(frame.opened));
    case 'notice':
      return Buffer.from(frame.text);
    case 'size': {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt16BE(frame.columns, 0);
      bytes.writeUInt16BE(frame.rows, 2);
      return bytes;
    }
    case 'signal':
      return Buffer.from(frame.name);
    case 'exit':
      return Buffer.from(JSON.stringify(frame.exit));
  }
}

/** Frames out of bytes that come in pieces of any size. */
export class TerminalFrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws BrokenFrame */
  *read(piece: Buffer): Generator<TerminalFrame> {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    while (this.#rest.length >= HEADER_BYTES) {
      const length = this.#rest.readUInt32BE(1);
      if (length > MOST_BYTES) throw new BrokenFrame(`a frame of ${length} bytes, where ${MOST_BYTES} are the most`);
      if (this.#rest.length < HEADER_BYTES + length) return;
      const kind = this.#rest.readUInt8(0);
      const content = this.#rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      this.#rest = this.#rest.subarray(HEADER_BYTES + length);
      yield frameOf(kind, content);
    }
  }
}

function frameOf(kind: number, bytes: Buffer): TerminalFrame {
  switch (kind) {
    case KINDS.input:
      return { kind: 'input', bytes };
    case KINDS.output:
      return { kind: 'output', bytes };
    case KINDS.error:
      return { kind: 'error', bytes };
    case KINDS.end:
      return { kind: 'end' };
    case KINDS.size:
      if (bytes.length !== 4) throw new BrokenFrame('a size has four bytes');
      return { kind: 'size', columns: bytes.readUInt16BE(0), rows: bytes.readUInt16BE(2) };
    case KINDS.signal:
      return { kind: 'signal', name: bytes.toString('latin1') };
    case KINDS.exit:
      return { kind: 'exit', exit: exitOf(bytes) };
    case KINDS.leave:
      return { kind: 'leave' };
    case KINDS.opened:
      return { kind: 'opened', opened: openedOf(bytes) };
    case KINDS.notice:
      return { kind: 'notice', text: bytes.toString('utf8') };
    default:
      throw new BrokenFrame(`there is no frame of kind ${kind}`);
  }
}

function exitOf(bytes: Buffer): TerminalExit {
  try {
    const { code, problem } = JSON.parse(bytes.toString('utf8')) as { code?: unknown; problem?: unknown }; // checked below
    return {
      code: typeof code === 'number' && Number.isInteger(code) ? code & 0xff : null,
      ...(typeof problem === 'string' && { problem }),
    };
  } catch (cause) {
    throw new BrokenFrame('an exit is JSON', { cause });
  }
}

function openedOf(bytes: Buffer): TerminalOpened {
  try {
    const { sessionId, user, position } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>; // checked below
    if (typeof sessionId === 'string' && typeof user === 'string' && Number.isSafeInteger(position))
      return { sessionId, user, position: position as number };
  } catch {
    // told below
  }
  throw new BrokenFrame('what was opened is JSON');
}

/** `bytes` as frames, each within the bound. */
export function* framesOf(kind: 'input' | 'output' | 'error', bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += MOST_BYTES)
    yield writeTerminalFrame({ kind, bytes: bytes.subarray(at, at + MOST_BYTES) });
}
