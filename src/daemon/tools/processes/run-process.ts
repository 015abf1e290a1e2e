/**
 * One process, from its start to its end, however it comes. The endings race:
 *
 * - it cannot be started;
 * - it exits, or a signal ends it. What it wrote is then read to its end; a child of its own that still holds the pipe
 *   is waited for as long as something is written, and `DRAIN_MS` at least, but never holds the result longer than that;
 * - it is stopped from outside (timeout, cancel, the daemon stops): its whole session is ended first.
 *
 * Back-pressure reaches the process: while what it wrote cannot be put away, its pipe is not read.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fchownSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '#core/kernel/ids.ts';
import { messageOf } from '../../daemon-error.ts';
import { type ExecutionIo, failed, type StopReason, stopped, type ToolEnding } from '../../executions/executor.ts';
import type { StreamNumber } from '../../spool/spool.ts';
import { EXECUTION_VARIABLE } from './command-environment.ts';
import { endExecution, endSession } from './end-session.ts';
import type { OutputPipe, OutputPipes, PipeOwner } from './output-pipes.ts';
import { readProcess } from './process-table.ts';

export interface ProcessOrder {
  readonly file: string;
  readonly args: readonly string[];
  /** What the program is told it is called; default `file`. */
  readonly argv0?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it reads; empty without. */
  readonly stdin?: string | undefined;
  /** What it finds at descriptor 3. */
  readonly extraFile?: string | undefined;
  /** Undefined: the daemon's own. */
  readonly owner?: PipeOwner | undefined;
}

export interface ProcessPlace {
  readonly pipes: OutputPipes;
  /** For files that are gone once they are opened. */
  readonly runtimeDir: string;
}

/** What a login gives: files for everybody to read, and for their owner to write. */
const COMMAND_UMASK = 0o022;

/** How long the end of the output is waited for once the process is over and nothing comes any more. */
const DRAIN_MS = 250;
/** And however much still comes. */
const MAX_DRAIN_MS = 2000;
const LOOK_EVERY_MS = 25;

export async function runProcess(order: ProcessOrder, place: ProcessPlace, io: ExecutionIo): Promise<ToolEnding> {
  const started = await startProcess(order, place);
  if ('ending' in started) return started.ending;
  const { child, pid, pipes } = started;
  const readers = [read(pipes[0].readEnd, 1, io), read(pipes[1].readEnd, 2, io)];
  const exited = exitOf(child);
  io.started({ pid, startTicks: readProcess(pid)?.startTicks ?? 0 });
  const stop = onceStopped(io.signal);
  try {
    const reason = await Promise.race([exited.then(() => undefined), stop.reason]);
    if (reason !== undefined) await end(pid, order, reason);
    await drain(readers, reason === undefined ? stop.reason : delay(MAX_DRAIN_MS));
    return reason === undefined ? endingOf(await exited) : stopped(reason, true);
  } finally {
    stop.forget();
    for (const pipe of pipes) pipe.release();
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly pipes: readonly [OutputPipe, OutputPipe];
}

async function startProcess(order: ProcessOrder, place: ProcessPlace): Promise<Started | { ending: ToolEnding }> {
  if (!isDirectory(order.cwd)) {
    return { ending: failed('spawn_failed', `${order.file} could not be started: ${order.cwd} is no directory`) };
  }
  const pipes: OutputPipe[] = [];
  const files: number[] = [];
  const open = (content: string) => {
    const file = openWithContent(place.runtimeDir, content, order.owner);
    files.push(file);
    return file;
  };
  try {
    pipes.push(await place.pipes.open(order.owner), await place.pipes.open(order.owner));
    const [stdout, stderr] = pipes as [OutputPipe, OutputPipe]; // two were opened
    const stdin = order.stdin === undefined ? 'ignore' : open(order.stdin);
    const extra = order.extraFile === undefined ? [] : [open(order.extraFile)];
    const child = withUmask(COMMAND_UMASK, () =>
      spawn(order.file, [...order.args], {
        cwd: order.cwd,
        env: order.env,
        detached: true,
        ...(order.argv0 !== undefined && { argv0: order.argv0 }),
        ...(order.owner !== undefined && { uid: order.owner.uid, gid: order.owner.gid }),
        stdio: [stdin, stdout.writeEnd, stderr.writeEnd, ...extra],
      }),
    );
    const failure = new Promise<Error>((resolve) => child.on('error', resolve));
    if (child.pid !== undefined) return { child, pid: child.pid, pipes: [stdout, stderr] };
    throw await failure;
  } catch (error) {
    for (const pipe of pipes) pipe.release();
    return { ending: spawnFailed(order, error) };
  } finally {
    for (const file of [...files, ...pipes.map((pipe) => pipe.writeEnd)]) closeSync(file);
  }
}

/** A daemon that stops leaves what was sent away on purpose; a command that is to end is ended with all of it. */
function end(pid: number, order: ProcessOrder, reason: StopReason): Promise<boolean> {
  if (reason.kind === 'daemon_stopped') return endSession(pid);
  return endExecution(pid, order.env[EXECUTION_VARIABLE]);
}

/** A child takes over the mask of this process, which whoever started the daemon chose. */
function withUmask<T>(mask: number, work: () => T): T {
  const before = process.umask(mask);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A file without a name that holds `content`, at its beginning. */
function openWithContent(directory: string, content: string, owner: PipeOwner | undefined): number {
  const path = join(directory, newId());
  const writing = openSync(path, 'wx', 0o600);
  try {
    if (owner !== undefined) fchownSync(writing, owner.uid, owner.gid);
    const bytes = Buffer.from(content, 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(writing, bytes, at);
    return openSync(path, 'r');
  } finally {
    closeSync(writing);
    rmSync(path, { force: true });
  }
}

function spawnFailed({ file }: ProcessOrder, error: unknown): ToolEnding {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason =
    code === 'ENOENT'
      ? 'there is no such executable on the PATH of the command, or its interpreter is missing'
      : code === 'EACCES'
        ? 'the user it is to run as may not execute it'
        : code === 'E2BIG'
          ? 'its arguments and environment are larger than the system takes'
          : messageOf(error);
  return failed('spawn_failed', `${file} could not be started: ${reason}`);
}

type Exit = { readonly code: number } | { readonly signal: NodeJS.Signals };

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? { code: code ?? 0 } : { signal }));
  });
}

function endingOf(exit: Exit): ToolEnding {
  if ('code' in exit) {
    if (exit.code === 0) return { outcome: 'ok', exitCode: 0 };
    return { ...failed('nonzero_exit', `it exited with code ${exit.code}`), exitCode: exit.code };
  }
  const exitCode = 128 + constants.signals[exit.signal];
  return { ...failed('killed_by_signal', `it was ended by ${exit.signal}`), exitCode };
}

interface Reader {
  /** The pipe was read to its end. */
  readonly ended: Promise<void>;
  /** Of the last thing that happened: bytes came, or reading went on after being held back. */
  lastAt: number;
  isHeldBack: boolean;
}

function read(readEnd: Socket, stream: StreamNumber, io: ExecutionIo): Reader {
  const reader: Reader = {
    ended: new Promise((resolve) => readEnd.once('close', () => resolve())),
    lastAt: performance.now(),
    isHeldBack: false,
  };
  readEnd.on('data', (data: Buffer) => {
    reader.lastAt = performance.now();
    if (io.write(stream, data)) return;
    readEnd.pause();
    reader.isHeldBack = true;
    void io.ready().then(() => {
      reader.isHeldBack = false;
      reader.lastAt = performance.now();
      readEnd.resume();
    });
  });
  return reader;
}

/**
 * Resolves when both pipes have ended, when nothing comes any more, or when `giveUp` does. Time in which the daemon was
 * busy with something else does not count: the pipes are read between two looks, and not while nobody looks.
 */
async function drain(readers: readonly Reader[], giveUp: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>();
  let lastLookAt = performance.now();
  let quietMs = 0;
  let readingMs = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    const sinceLastLook = Math.min(now - lastLookAt, LOOK_EVERY_MS);
    const isHeldBack = readers.some((reader) => reader.isHeldBack);
    const isQuiet = readers.every((reader) => reader.lastAt < lastLookAt);
    lastLookAt = now;
    if (isHeldBack) return;
    readingMs += sinceLastLook;
    quietMs = isQuiet ? quietMs + sinceLastLook : 0;
    if (quietMs >= DRAIN_MS || readingMs >= MAX_DRAIN_MS) over.resolve();
  }, LOOK_EVERY_MS);
  await Promise.race([Promise.all(readers.map(({ ended }) => ended)), over.promise, giveUp]);
  clearInterval(timer);
}

function onceStopped(signal: AbortSignal): { reason: Promise<StopReason>; forget: () => void } {
  const { promise, resolve } = Promise.withResolvers<StopReason>();
  const onAbort = () => resolve(signal.reason as StopReason); // only those are given
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { reason: promise, forget: () => signal.removeEventListener('abort', onAbort) };
}
