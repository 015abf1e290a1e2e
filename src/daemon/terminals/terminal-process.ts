/**
 * A process somebody is connected to: a shell or one command, with a terminal of its own (`@lydell/node-pty`, which comes
 * built, so that a host needs no compiler) or with pipes. It is started by `command-launcher.ts`, which becomes the user with
 * all groups and looks for the program as that user; nothing of what was asked for reaches a shell.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { newId } from '#core/kernel/ids.ts';
import { ownProgram } from '../tools/own-program.ts';
import type { LaunchOrder } from '../tools/processes/command-launcher.ts';

export interface TerminalProcess {
  readonly pid: number;
  /** False: hold back until `onDrain`. */
  write(bytes: Buffer): boolean;
  end(): void;
  resize(columns: number, rows: number): void;
  /** To the whole group. */
  signal(name: NodeJS.Signals): void;
  pause(): void;
  resume(): void;
}

export interface TerminalEvents {
  onOutput(stream: 'output' | 'error', bytes: Buffer): void;
  /** Input may go on. */
  onDrain(): void;
  /** Everything it wrote has been told before. */
  onExit(code: number): void;
}

export interface TerminalStart {
  readonly order: LaunchOrder;
  readonly terminal: { readonly columns: number; readonly rows: number } | undefined;
  /** For a file that is gone once it is read. */
  readonly runtimeDir: string;
}

const LAUNCHER = ownProgram('command-launcher', import.meta.dirname.replace(/terminals$/, 'tools/processes'));
/** Opens the order as descriptor 3 and becomes the launcher; what it is given are operands, never part of the script. */
const SHELL = ['-c', 'exec "$@" 3<>"$0"'] as const;

/** @returns the process, and how to ask afterwards why the command did not start */
export async function startTerminal(
  { order, terminal, runtimeDir }: TerminalStart,
  events: TerminalEvents,
): Promise<{ process: TerminalProcess; problem: () => string | undefined; close: () => void }> {
  const path = join(runtimeDir, newId());
  writeFileSync(path, JSON.stringify(order), { mode: 0o600, flag: 'wx' });
  const args = [...SHELL, path, process.execPath, ...LAUNCHER, '3'];
  const close = () => rmSync(path, { force: true });
  const problem = () => readFileSync(path, 'utf8').slice(0, 16) || undefined;
  try {
    const started = terminal === undefined ? startPiped(args, events) : await startPty(args, terminal, events);
    return { process: started, problem, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function startPty(
  args: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
  events: TerminalEvents,
): Promise<TerminalProcess> {
  const { spawnPty } = await import('./load-pty.ts'); // a native module: loaded where somebody opens a terminal
  const pty = spawnPty('/bin/sh', [...args], { cols: columns, rows, cwd: '/', env: {} });
  pty.onData((bytes) => events.onOutput('output', bytes));
  pty.onDrain(() => events.onDrain());
  pty.onExit(({ exitCode, signal }) => events.onExit(codeOf(exitCode, signal ?? 0)));
  return {
    pid: pty.pid,
    write: (bytes) => pty.write(bytes),
    end: () => void pty.write(Buffer.of(4)), // what a terminal means by the end of its input
    resize: (width, height) => pty.resize(Math.max(1, width), Math.max(1, height)),
    signal: (name) => signalGroup(pty.pid, name),
    pause: () => pty.pause(),
    resume: () => pty.resume(),
  };
}

function startPiped(args: readonly string[], events: TerminalEvents): TerminalProcess {
  const child = spawn('/bin/sh', [...args], { cwd: '/', env: {}, detached: true, stdio: 'pipe' });
  const { stdin, stdout, stderr } = child;
  stdout.on('data', (bytes: Buffer) => events.onOutput('output', bytes));
  stderr.on('data', (bytes: Buffer) => events.onOutput('error', bytes));
  stdin.on('drain', () => events.onDrain());
  stdin.on('error', () => {}); // it reads no more
  child.on('error', () => events.onExit(127));
  void onceOver(child).then((code) => events.onExit(code));
  const pid = child.pid ?? 0;
  return {
    pid,
    write: (bytes) => stdin.write(bytes),
    end: () => stdin.end(),
    resize: () => {},
    signal: (name) => signalGroup(pid, name),
    pause: () => {
      stdout.pause();
      stderr.pause();
    },
    resume: () => {
      stdout.resume();
      stderr.resume();
    },
  };
}

/** What it left behind may hold its pipes: they are read to their end, but not for longer than this. */
const DRAIN_MS = 1_000;

async function onceOver(child: ChildProcessWithoutNullStreams): Promise<number> {
  const code = await new Promise<number>((resolve) => {
    child.once('exit', (exitCode, signal) =>
      resolve(codeOf(exitCode ?? 0, signal === null ? 0 : constants.signals[signal])),
    );
  });
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return code;
}

function codeOf(exitCode: number, signal: number): number {
  return signal === 0 ? exitCode : 128 + signal;
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid > 1) process.kill(-pid, name);
  } catch {
    // it is over
  }
}
