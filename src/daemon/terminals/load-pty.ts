// The bindings to forkpty(3) that come built for every platform of ours: no compiler on the host.
import { spawn } from '@lydell/node-pty';

interface Pty {
  readonly pid: number;
  onData(listener: (bytes: Buffer) => void): void;
  onExit(listener: (exit: { exitCode: number; signal?: number }) => void): void;
  write(bytes: Buffer): void;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
}

export interface PtyOptions {
  readonly cols: number;
  readonly rows: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A process with a terminal of its own, whose output comes as bytes. */
export function spawnPty(file: string, args: string[], options: PtyOptions): Pty {
  return spawn(file, args, { ...options, env: { ...options.env }, encoding: null }) as unknown as Pty; // its types know texts only
}
