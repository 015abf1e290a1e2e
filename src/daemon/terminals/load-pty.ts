// The bindings to forkpty(3) that come built for every platform of ours: no compiler on the host.
import { spawn } from '@lydell/node-pty';
import { PtyInput } from './pty-input.ts';

export interface Pty {
  readonly pid: number;
  onData(listener: (bytes: Buffer) => void): void;
  onExit(listener: (exit: { exitCode: number; signal?: number }) => void): void;
  /** False: hold back until it drains. */
  write(bytes: Buffer): boolean;
  onDrain(listener: () => void): void;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
}

/** What the bindings give, as far as it is used: their types know texts only, and not the stream that is behind it. */
interface Bound extends Omit<Pty, 'write' | 'onDrain'> {
  readonly fd: number;
  readonly _socket: { readonly destroyed: boolean };
}

export interface PtyOptions {
  readonly cols: number;
  readonly rows: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A process with a terminal of its own, whose output comes as bytes. */
export function spawnPty(file: string, args: string[], options: PtyOptions): Pty {
  const bound = spawn(file, args, { ...options, env: { ...options.env }, encoding: null }) as unknown as Bound; // see there
  let drained = () => {};
  const isOpen = () => !bound._socket.destroyed;
  const input = new PtyInput({ fd: bound.fd, isOpen, onDrain: () => drained() });
  return {
    pid: bound.pid,
    onData: (listener) => bound.onData(listener),
    onExit: (listener) => bound.onExit(listener),
    write: (bytes) => input.write(bytes),
    onDrain: (listener) => {
      drained = listener;
    },
    resize: (columns, rows) => bound.resize(columns, rows),
    pause: () => bound.pause(),
    resume: () => bound.resume(),
  };
}
