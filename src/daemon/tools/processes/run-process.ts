/**
 * One process, from its start to its end, however it comes. The endings race:
 *
 * - it cannot be started;
 * - it exits, or a signal ends it. What it wrote is then read to its end; a child of its own that still holds the pipe
 *   is waited for as long as something is written, and `DRAIN_MS` at least, but never holds the result longer than that;
 * - it is stopped from outside (timeout, cancel, the daemon stops): its whole session is ended first;
 * - it does not get as far as being the command, because a file system does not answer: then it is given up.
 *
 * Back-pressure reaches the process: while what it wrote cannot be put away, its pipe is not read.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fchownSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '#core/kernel/ids.ts';
import { messageOf } from '../../daemon-error.ts';
import { type ExecutionIo, failed, type StopReason, stopped, type ToolEnding } from '../../executions/executor.ts';
import type { StreamNumber } from '../../spool/spool.ts';
import type { HungProcesses } from '../hangs/hung-processes.ts';
import type { OwnFileSystems } from '../hangs/own-file-systems.ts';
import { ownProgram } from '../own-program.ts';
import type { UserIds } from './become-user.ts';
import { EXECUTION_VARIABLE } from './command-environment.ts';
import type { LaunchOrder } from './command-launcher.ts';
import { endExecution, endProcessSession } from './end-session.ts';
import { isNear } from './near-program.ts';
import type { OutputPipe, OutputPipes, PipeOwner } from './output-pipes.ts';
import { commandLineOf, readProcess } from './process-table.ts';

export interface ProcessOrder {
  readonly file: string;
  readonly args: readonly string[];
  /** What the program is told it is called; default `file`. */
  readonly argv0?: string | undefined;
  readonly cwd: string;
  /** Where it runs when `cwd` is not there. */
  readonly cwdInstead?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** What it reads; empty without. */
  readonly stdin?: string | undefined;
  /** What it finds at descriptor 3. */
  readonly extraFile?: string | undefined;
  /** Undefined: the daemon's own. */
  readonly owner?: UserIds | undefined;
}

export interface ProcessPlace {
  readonly pipes: OutputPipes;
  /** For files that are gone once they are opened. */
  readonly runtimeDir: string;
  readonly ownFileSystems: OwnFileSystems;
  readonly hung: HungProcesses;
}

/** What a login gives: files for everybody to read, and for their owner to write. */
const COMMAND_UMASK = 0o022;

/** How long the end of the output is waited for once the process is over and nothing comes any more. */
const DRAIN_MS = 250;
/** And however much still comes. */
const MAX_DRAIN_MS = 2000;
const LOOK_EVERY_MS = 25;

/** How long a process of ours may take to become the command. */
const START_PATIENCE_MS = 10_000;

export async function runProcess(order: ProcessOrder, place: ProcessPlace, io: ExecutionIo): Promise<ToolEnding> {
  const started = await startProcess(order, place);
  if ('ending' in started) return started.ending;
  const { child, pid, pipes, launch } = started;
  const readers = [read(pipes[0].readEnd, 1, io), read(pipes[1].readEnd, 2, io)];
  const exited = exitOf(child);
  io.started({ pid, startTicks: readProcess(pid)?.startTicks ?? 0 });
  const stop = onceStopped(io.signal);
  try {
    const stuck = launch === undefined ? stop.reason : launch.stuck(pid);
    const reason = await Promise.race([exited.then(() => undefined), stop.reason, stuck]);
    if (reason !== undefined && launch?.isStarting(pid)) {
      place.hung.giveUp(child, order.cwd);
      return reason === 'stuck' ? unresponsive(order) : stopped(reason, true);
    }
    if (reason === 'stuck') throw new Error('only what is starting is stuck');
    if (reason !== undefined) await end(pid, order, reason);
    await drain(readers, reason === undefined ? stop.reason : delay(MAX_DRAIN_MS));
    if (reason !== undefined) return stopped(reason, true);
    const problem = launch?.problem();
    return problem === undefined ? endingOf(await exited) : spawnFailed(order, problem);
  } finally {
    stop.forget();
    for (const pipe of pipes) pipe.release();
    launch?.close();
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly pipes: readonly [OutputPipe, OutputPipe];
  /** Where a launcher goes in front of the command. */
  readonly launch: Launch | undefined;
}

async function startProcess(asked: ProcessOrder, place: ProcessPlace): Promise<Started | { ending: ToolEnding }> {
  const isFar = !isNear(asked, place.ownFileSystems);
  if (isFar && place.hung.isFull) return { ending: unresponsive(asked) };
  const order = isFar ? asked : withDirectory(asked);
  if (order === undefined) return { ending: spawnFailed(asked, 'NO_DIRECTORY') };
  const pipes: OutputPipe[] = [];
  let launch: Launch | undefined;
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
    launch = isFar || needsGroups(order) ? prepareLaunch(order, place.runtimeDir) : undefined;
    const streams: Streams = [stdin, stdout.writeEnd, stderr.writeEnd, ...extra];
    const child = withUmask(COMMAND_UMASK, () =>
      launch === undefined ? spawnCommand(order, streams) : spawnLauncher(launch, streams),
    );
    const failure = new Promise<Error>((resolve) => child.on('error', resolve));
    if (child.pid !== undefined) return { child, pid: child.pid, pipes: [stdout, stderr], launch };
    throw await failure;
  } catch (error) {
    for (const pipe of pipes) pipe.release();
    launch?.close();
    return { ending: spawnFailed(order, codeOf(error) ?? messageOf(error)) };
  } finally {
    for (const file of [...files, ...pipes.map((pipe) => pipe.writeEnd)]) closeSync(file);
  }
}

type Streams = readonly ('ignore' | number)[];

function spawnCommand({ file, args, argv0, cwd, env, owner }: ProcessOrder, streams: Streams): ChildProcess {
  return spawn(file, [...args], {
    cwd,
    env,
    detached: true,
    ...(argv0 !== undefined && { argv0 }),
    ...(owner !== undefined && { uid: owner.uid, gid: owner.gid }),
    stdio: [...streams],
  });
}

/** Node gives a process of another user no group but its own. */
function needsGroups({ owner }: ProcessOrder): boolean {
  return owner !== undefined && owner.groups.length > 0;
}

/** What `command-launcher.ts` is told by, and tells by what kept the command from starting. */
interface Launch {
  readonly file: number;
  /** The name of an errno, or a word of the launcher; undefined when the command started. */
  problem(): string | undefined;
  /** It has not become the command yet. */
  isStarting(pid: number): boolean;
  /** Resolves when it has not after `START_PATIENCE_MS`, and never else. */
  stuck(pid: number): Promise<'stuck'>;
  close(): void;
}

function prepareLaunch({ file, args, argv0, env, owner, cwd, cwdInstead }: ProcessOrder, directory: string): Launch {
  const directories = [cwd, ...(cwdInstead === undefined ? [] : [cwdInstead])];
  const order: LaunchOrder = { user: owner, directories, file, argv: [argv0 ?? file, ...args], env };
  const opened = openWithContent(directory, JSON.stringify(order), undefined, 'r+');
  let timer: NodeJS.Timeout | undefined;
  const isStarting = (pid: number) => commandLineOf(pid).includes(LAUNCHER.at(-1) ?? '');
  return {
    file: opened,
    problem: () => {
      const told = Buffer.alloc(16);
      return told.toString('utf8', 0, readSync(opened, told, 0, told.length, 0)) || undefined;
    },
    isStarting,
    stuck: (pid) =>
      new Promise((resolve) => {
        timer = setTimeout(() => isStarting(pid) && resolve('stuck'), START_PATIENCE_MS);
      }),
    close: () => {
      clearTimeout(timer);
      closeSync(opened);
    },
  };
}

const LAUNCHER = ownProgram('command-launcher', import.meta.dirname);

/** As root, so with nothing of the order: no variable of it either. */
function spawnLauncher({ file }: Launch, streams: Streams): ChildProcess {
  const args = [...LAUNCHER, String(streams.length)];
  return spawn(process.execPath, args, { cwd: '/', env: {}, detached: true, stdio: [...streams, file] });
}

/** A daemon that stops leaves what was sent away on purpose; a command that is to end is ended with all of it. */
function end(pid: number, order: ProcessOrder, reason: StopReason): Promise<boolean> {
  if (reason.kind === 'daemon_stopped') return endProcessSession(pid);
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

/** Where it runs after all; undefined where there is no such directory. */
function withDirectory(order: ProcessOrder): ProcessOrder | undefined {
  if (isDirectory(order.cwd)) return order;
  return order.cwdInstead === undefined ? undefined : { ...order, cwd: order.cwdInstead };
}

function unresponsive({ file, cwd }: ProcessOrder): ToolEnding {
  const what = 'a file system it needs does not answer';
  return failed('path_unresponsive', `${file} could not be started in ${cwd}: ${what}, so it was given up`);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A file without a name that holds `content`, at its beginning. */
function openWithContent(
  directory: string,
  content: string,
  owner: PipeOwner | undefined,
  flags: 'r' | 'r+' = 'r',
): number {
  const path = join(directory, newId());
  const writing = openSync(path, 'wx', 0o600);
  try {
    if (owner !== undefined) fchownSync(writing, owner.uid, owner.gid);
    const bytes = Buffer.from(content, 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(writing, bytes, at);
    return openSync(path, flags);
  } finally {
    closeSync(writing);
    rmSync(path, { force: true });
  }
}

/** @param code of errno or of the launcher, or a sentence */
function spawnFailed({ file, cwd }: ProcessOrder, code: string): ToolEnding {
  const reason =
    code === 'ENOENT'
      ? 'there is no such executable on the PATH of the command, or its interpreter is missing'
      : code === 'EACCES'
        ? 'the user it is to run as may not execute it'
        : code === 'E2BIG'
          ? 'its arguments and environment are larger than the system takes'
          : code === 'NO_DIRECTORY'
            ? `${cwd} is not a directory`
            : code;
  return failed('spawn_failed', `${file} could not be started: ${reason}`);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
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
  /** When something last happened: bytes came, or reading went on after it had been held back. */
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
