/**
 * A terminal, or a pipe, of this machine and a process on a node, on one connection. On a terminal every key goes to the far
 * end, and `~.` at the beginning of a line leaves, as with ssh.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import {
  framesOf,
  type TerminalExit,
  TerminalFrameReader,
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
}

export type AttachEnd = TerminalExit | 'left' | 'lost';

export async function attach(socket: Duplex, local: AttachedTerminal, options: AttachOptions): Promise<AttachEnd> {
  const { stdin, stdout, stderr } = local;
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
  socket.on('drain', () => stdin.resume());
  socket.on('data', (piece: Buffer) => {
    try {
      for (const frame of reader.read(piece)) {
        if (frame.kind === 'output') hold(socket, stdout, frame.bytes);
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
  if (options.hasInput) stdin.on('data', onInput).on('end', onInputEnd);
  else onInputEnd();
  try {
    return await over.promise;
  } finally {
    if (options.isTerminal) stdin.setRawMode?.(false);
    stdout.off('resize', onResize);
    stdin.off('data', onInput).off('end', onInputEnd).pause();
    socket.destroy();
  }
}

/** What nobody reads here is not read there. */
function hold(socket: Duplex, to: Writable, bytes: Buffer): void {
  if (to.write(bytes)) return;
  socket.pause();
  to.once('drain', () => socket.resume());
}
