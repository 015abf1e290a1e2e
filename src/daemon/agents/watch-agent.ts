/**
 * An agent at work, from its start to the end of everything it started. What ends it, beside itself: a stop from outside
 * (timeout, cancel, the daemon), silence for too long, a disk that is used up, a budget that is spent.
 */
import { execFile } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ExecutionIo, StopReason } from '../executions/executor.ts';
import type { OutputPipe, OutputPipes } from '../tools/processes/output-pipes.ts';
import { readProcess } from '../tools/processes/process-table.ts';
import { LineSplitter } from './output/line-splitter.ts';
import type { SandboxSpec } from './sandbox/sandbox-spec.ts';
import { type Sandboxed, type SandboxPlace, startSandboxed } from './sandbox/start-sandboxed.ts';

export type AgentEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'stopped'; readonly reason: StopReason }
  | { readonly kind: 'idle'; readonly afterMs: number }
  | { readonly kind: 'disk'; readonly bytes: number }
  | { readonly kind: 'ended'; readonly why: string };

export interface AgentWatch {
  readonly spec: SandboxSpec;
  readonly place: SandboxPlace;
  readonly pipes: OutputPipes;
  readonly io: Pick<ExecutionIo, 'signal' | 'started' | 'ready'>;
  /** Returns false when whoever writes is to wait. */
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => boolean;
  readonly idleMs: number | undefined;
  /** Until when it has waited for somebody to decide, by `performance.now()`: so long its silence does not count. */
  readonly heldUntil: () => number;
  /** What it writes to, on the host. */
  readonly disk: { readonly paths: readonly string[]; readonly maxBytes: number };
  /** Resolves when it is to end for a reason of ours. */
  readonly endedBy: Promise<string>;
  readonly graceMs: number;
  /** With one that takes input: how it is spoken with. */
  readonly dialogue?: AgentDialogue | undefined;
}

export interface AgentDialogue {
  readonly mostCharacters: number;
  /** Resolves when it has done what it was asked for, or not: its input is closed then, and it ends. */
  readonly over: Promise<void>;
  begin(stdin: Writable): void;
  /** It is about to be ended. */
  cancel(): void;
}

const DISK_EVERY_MS = 5_000;
const DRAIN_MS = 2_000;
/** An agent that is spoken with may answer so long that it has cancelled. */
const CANCEL_MS = 1_000;
const run = promisify(execFile);

export async function watchAgent(watch: AgentWatch): Promise<AgentEnd> {
  const { spec, place, pipes, io, graceMs, dialogue } = watch;
  const opened = [await pipes.open(spec.user), await pipes.open(spec.user)] as const;
  const over = new AbortController();
  let lastAt = performance.now();
  const readers = opened.map((pipe, at) =>
    readLines(
      pipe,
      () => {
        lastAt = performance.now();
      },
      (line) => watch.onLine(at === 0 ? 'stdout' : 'stderr', line),
      io,
      at === 0 ? dialogue?.mostCharacters : undefined,
    ),
  );
  try {
    const started = await startSandboxed(spec, place, { stdout: opened[0].writeEnd, stderr: opened[1].writeEnd });
    for (const pipe of opened) closeSync(pipe.writeEnd);
    io.started({ pid: started.pid, startTicks: readProcess(started.pid)?.startTicks ?? 0 });
    if (started.stdin !== null) dialogue?.begin(started.stdin);
    const end = await Promise.race<AgentEnd>([
      (dialogue?.over ?? never()).then(() => ({ kind: 'exited', code: 0 })),
      started.exited.then(({ code }) => ({ kind: 'exited', code })),
      stopOf(io.signal).then((reason) => ({ kind: 'stopped', reason })),
      watch.endedBy.then((why) => ({ kind: 'ended', why })),
      silence(watch.idleMs, () => Math.max(lastAt, watch.heldUntil()), over.signal),
      diskUsedUp(watch.disk, over.signal),
    ]);
    if (end.kind === 'stopped' && dialogue !== undefined) {
      dialogue.cancel();
      await Promise.race([dialogue.over, started.exited, delay(CANCEL_MS, undefined, { ref: false })]);
    }
    if (end.kind !== 'exited') await started.end(graceMs);
    else if (dialogue !== undefined) await leave(started, graceMs);
    await Promise.race([Promise.all(readers), delay(DRAIN_MS, undefined, { ref: false })]);
    return end;
  } finally {
    over.abort();
    for (const pipe of opened) pipe.release();
  }
}

/** It has said that it is done; how it exits says nothing more. */
async function leave({ stdin, exited, end }: Sandboxed, graceMs: number): Promise<void> {
  stdin?.end();
  await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
  await end(graceMs);
}

/** Resolves when the stream has ended and every line of it was told. */
function readLines(
  { readEnd }: OutputPipe,
  onBytes: () => void,
  onLine: (line: string) => boolean,
  io: Pick<ExecutionIo, 'ready'>,
  mostCharacters?: number,
): Promise<void> {
  let isFull = false;
  const splitter = new LineSplitter((line) => {
    if (!onLine(line)) isFull = true;
  }, mostCharacters);
  readEnd.on('data', (data: Buffer) => {
    onBytes();
    splitter.push(data);
    if (!isFull) return;
    isFull = false;
    holdBack(readEnd, io);
  });
  return new Promise((resolve) => {
    readEnd.once('close', () => {
      splitter.end();
      resolve();
    });
  });
}

function holdBack(readEnd: Socket, io: Pick<ExecutionIo, 'ready'>): void {
  readEnd.pause();
  void io.ready().then(() => readEnd.resume());
}

function stopOf(signal: AbortSignal): Promise<StopReason> {
  return new Promise((resolve) => {
    const onAbort = () => resolve(signal.reason as StopReason); // only those are given
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function silence(idleMs: number | undefined, lastAt: () => number, over: AbortSignal): Promise<AgentEnd> {
  if (idleMs === undefined) return never();
  for (;;) {
    const left = idleMs - (performance.now() - lastAt());
    if (left <= 0) return { kind: 'idle', afterMs: idleMs };
    if (!(await waited(left, over))) return never();
  }
}

async function diskUsedUp({ paths, maxBytes }: AgentWatch['disk'], over: AbortSignal): Promise<AgentEnd> {
  while (await waited(DISK_EVERY_MS, over)) {
    const bytes = await usedBytes(paths);
    if (bytes > maxBytes) return { kind: 'disk', bytes };
  }
  return never();
}

/** Returns how many bytes the files below the paths take, as far as they can be read. */
export async function usedBytes(paths: readonly string[]): Promise<number> {
  const args = ['--summarize', '--block-size=1024', '--one-file-system', '--total', '--', ...paths];
  const { stdout } = await run('du', args, { timeout: 60_000, maxBuffer: 1024 * 1024 }).catch((error) => ({
    stdout: typeof error?.stdout === 'string' ? error.stdout : '', // files may go while it looks
  }));
  return Number(/^(\d+)\ttotal$/m.exec(stdout)?.[1] ?? 0) * 1024;
}

async function waited(ms: number, over: AbortSignal): Promise<boolean> {
  return delay(ms, true, { signal: over, ref: false }).catch(() => false);
}

function never(): Promise<never> {
  return new Promise(() => {});
}
