/**
 * A terminal, or a pipe, of this machine and a process on a node, on one connection. On a terminal every key goes to the far
 * end, and `~.` at the beginning of a line leaves, as with ssh.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  framesOf,
  type TerminalExit,
  TerminalFrameReader,
  type TerminalOpened,
  writeTerminalFrame,
} from '#protocol/terminal/terminal-frames.ts';
import { EscapeKeys } from './escape-keys.ts';

export interface AttachedTerminal {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly stdout: Writable & { readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable;
}

export interface AttachOptions {
  /** The far end has a terminal, so this one hands over every key. */
  readonly isTerminal: boolean;
  readonly hasInput: boolean;
  /** How far it is; it is moved on. */
  readonly progress: SessionProgress;
}

/** Where a session stands, so that it can be come back to. */
export interface SessionProgress {
  /** Undefined until the node has said it, and for ever where the controller knows no sessions. */
  sessionId: string | undefined;
  /** Bytes of its output that came. */
  position: number;
}

export type AttachEnd = TerminalExit | 'left' | 'lost';

const SAY_WITHIN_MS = 1_000;

export async function attach(socket: Duplex, local: AttachedTerminal, options: AttachOptions): Promise<AttachEnd> {
  const { stdin, stdout, stderr } = local;
  const { progress } = options;
  const over = Promise.withResolvers<AttachEnd>();
  const reader = new TerminalFrameReader();
  const keys = options.isTerminal ? new EscapeKeys() : undefined;
  const onInput = (bytes: Buffer) => {
    const { passed, leaves } = keys?.read(bytes) ?? { passed: bytes, leaves: false };
    let hasRoom = true;
    for (const frame of framesOf('input', passed)) hasRoom = socket.write(frame);
    if (!hasRoom) stdin.pause();
    if (leaves) over.resolve('left');
  };
  const onInputEnd = () => void socket.write(writeTerminalFrame({ kind: 'end' }));
  const onResize = () => {
    const [columns, rows] = [stdout.columns || 80, stdout.rows || 24];
    socket.write(writeTerminalFrame({ kind: 'size', columns, rows }));
  };
  const reopened = ({ sessionId, position }: TerminalOpened) => {
    const missed = position - progress.position;
    if (missed > 0) stderr.write(`\r\n[garrison] ${missed} bytes of output passed meanwhile\r\n`);
    if (progress.sessionId !== undefined) onResize(); // the window may be another by now
    Object.assign(progress, { sessionId, position });
  };
  socket.on('drain', () => stdin.resume());
  socket.on('data', (piece: Buffer) => {
    try {
      for (const frame of reader.read(piece)) {
        if (frame.kind === 'output') {
          progress.position += frame.bytes.length;
          hold(socket, stdout, frame.bytes);
        } else if (frame.kind === 'opened') reopened(frame.opened);
        else if (frame.kind === 'notice') stderr.write(`\r\n[garrison] ${frame.text}\r\n`);
        else if (frame.kind === 'error') hold(socket, stderr, frame.bytes);
        else if (frame.kind === 'exit') over.resolve(frame.exit);
      }
    } catch {
      over.resolve('lost');
    }
  });
  for (const event of ['end', 'close', 'error']) socket.once(event, () => over.resolve('lost'));
  if (options.isTerminal) {
    stdin.setRawMode?.(true);
    stdout.on('resize', onResize);
  }
  if (options.hasInput)
    stdin.on('data', onInput).on('end', onInputEnd).resume(); // it stands still after a connection before
  else onInputEnd();
  try {
    const end = await over.promise;
    if (end === 'left') await say(socket, writeTerminalFrame({ kind: 'leave' }));
    return end;
  } finally {
    if (options.isTerminal) stdin.setRawMode?.(false);
    stdout.off('resize', onResize);
    stdin.off('data', onInput).off('end', onInputEnd).pause();
    socket.destroy();
  }
}

/** Before the connection ends, if it can be said soon. */
async function say(socket: Duplex, frame: Buffer): Promise<void> {
  const said = new Promise<void>((resolve) => socket.end(frame, () => resolve()));
  await Promise.race([said, delay(SAY_WITHIN_MS, undefined, { ref: false })]);
}

/** What nobody reads here is not read there. */
function hold(socket: Duplex, to: Writable, bytes: Buffer): void {
  if (to.write(bytes)) return;
  socket.pause();
  to.once('drain', () => socket.resume());
}
