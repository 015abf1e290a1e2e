/**
 * A process in bubblewrap, from its start to the end of its last child.
 *
 * It is held at its first step until it is in its cgroup: nothing of it runs unlimited. Its options go in by a descriptor
 * and not by the command line, which everybody on the host may read. It is ended whole: when the first process of its
 * process namespace is killed, the kernel ends every other, whatever session they made for themselves. Should the daemon
 * die, bubblewrap dies with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fchownSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '#core/kernel/ids.ts';
import { readChildren } from '../../tools/processes/process-table.ts';
import { bubblewrapOptions, withRlimits } from './bubblewrap-args.ts';
import type { SandboxSpec } from './sandbox-spec.ts';

export interface SandboxPlace {
  /** bwrap */
  readonly program: string;
  /** For files that are gone once they are opened; the daemon's alone. */
  readonly runtimeDir: string;
}

/** Where its two streams go: a descriptor that the caller closes, or a pipe. */
export type OutputTarget = number | 'pipe' | 'ignore';

export interface Sandboxed {
  readonly pid: number;
  /** Null unless it takes input. */
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** When it and everything it started is gone. */
  readonly exited: Promise<SandboxExit>;
  /** Asks it to end, and ends it after `graceMs`. */
  end(graceMs: number): Promise<void>;
}

export interface SandboxExit {
  /** 128 + the number of the signal where one ended it. */
  readonly code: number;
}

const ARGS_FD = 3;
const INFO_FD = 4;
const BLOCK_FD = 5;

export async function startSandboxed(
  spec: SandboxSpec,
  place: SandboxPlace,
  output: { readonly stdout: OutputTarget; readonly stderr: OutputTarget },
): Promise<Sandboxed> {
  const options = [...bubblewrapOptions(spec), '--info-fd', String(INFO_FD), '--block-fd', String(BLOCK_FD)];
  const args = openNameless(place.runtimeDir, `${options.join('\0')}\0`, spec.user);
  const stdin = stdinOf(spec);
  let child: ChildProcess;
  try {
    child = spawn(place.program, ['--args', String(ARGS_FD), '--', ...withRlimits(spec.rlimits, spec.command)], {
      cwd: '/',
      env: {},
      detached: true,
      ...spec.user,
      stdio: [stdin, output.stdout, output.stderr, args, 'pipe', 'pipe'],
    });
  } finally {
    closeSync(args);
    if (typeof stdin === 'number') closeSync(stdin);
  }
  const failure = new Promise<Error>((resolve) => child.on('error', resolve));
  const { pid } = child;
  if (pid === undefined) throw await failure;
  const exited = new Promise<SandboxExit>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ code: signal === null ? (code ?? 0) : 128 + constants.signals[signal] }),
    );
  });
  const initPid = await release(child, pid, spec);
  return {
    pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    async end(graceMs) {
      const workers = initPid === undefined ? [] : readChildren(initPid);
      for (const worker of workers) signal(worker, 'SIGTERM');
      if (workers.length > 0) await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      if (initPid !== undefined) signal(initPid, 'SIGKILL');
      signal(pid, 'SIGKILL');
      await exited;
      await spec.cgroup?.kill();
    },
  };
}

function stdinOf({ takesInput, stdinFile }: SandboxSpec): 'pipe' | 'ignore' | number {
  if (takesInput === true) return 'pipe';
  return stdinFile === undefined ? 'ignore' : openSync(stdinFile, 'r');
}

/** Puts it into its cgroup and lets it go. Resolves to the first process inside; undefined when it ended before. */
async function release(child: ChildProcess, pid: number, { cgroup }: SandboxSpec): Promise<number | undefined> {
  const [, , , , info, block] = child.stdio as unknown as [null, null, null, null, Socket, Socket]; // two more pipes were asked for
  info.on('error', () => {});
  block.on('error', () => {}); // it ended before it was let go; its exit says so
  let told = '';
  for await (const piece of info) {
    told += String(piece);
    if (told.includes('}') || told.length > 4096) break;
  }
  const initPid = Number(/"child-pid":\s*(\d+)/.exec(told)?.[1] ?? Number.NaN);
  if (Number.isNaN(initPid)) return undefined;
  await cgroup?.take([pid, initPid]);
  block.end('x');
  return initPid;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it is gone
  }
}

/** A file without a name that holds `content`, at its beginning. */
function openNameless(directory: string, content: string, user: SandboxSpec['user']): number {
  const path = join(directory, newId());
  const writing = openSync(path, 'wx', 0o600);
  try {
    if (user !== undefined) fchownSync(writing, user.uid, user.gid);
    const bytes = Buffer.from(content, 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(writing, bytes, at);
    return openSync(path, 'r');
  } finally {
    closeSync(writing);
    rmSync(path, { force: true });
  }
}
