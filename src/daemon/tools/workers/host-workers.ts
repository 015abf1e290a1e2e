/**
 * What touches a path that somebody names is done by a process of ours and not by the daemon, which would hang with the
 * file system of the path: file tools always, because a link may be swapped in between; a decision about a program and
 * a look at what is installed where other file systems are in the way.
 *
 * A worker does one task at a time. One that has worked as the daemon's own user is kept for a moment, because the first
 * task of a process costs 50 ms and the next under one; one that became another user ends. A worker that does not
 * answer in time is killed and given up (`hung-processes.ts`); when too many of those live on, nothing more is begun.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { HungProcesses } from '../hangs/hung-processes.ts';
import { ownProgram } from '../own-program.ts';
import type { UserIds } from '../processes/become-user.ts';
import { EXECUTION_VARIABLE } from '../processes/command-environment.ts';
import type { HostAnswers, HostTask } from './host-task.ts';

export interface WorkerOrder<Task extends HostTask = HostTask> {
  /** Whom it is done as; undefined: the daemon's own user. */
  readonly user?: UserIds | undefined;
  readonly task: Task;
}

export interface WorkerTiming {
  /** For an answer. Default 15 s. */
  readonly patienceMs?: number;
  /** How long a worker waits for another task. Default 10 s. */
  readonly keptForMs?: number;
}

export interface AskOptions {
  /** What is touched, for people. */
  readonly path: string;
  readonly signal?: AbortSignal;
  readonly executionId?: string;
  /** What it has as descriptor 3. */
  readonly descriptor?: number;
  /** Longest time for an answer, where it is not the usual one. */
  readonly patienceMs?: number;
  /** A process works on it. */
  readonly onProcess?: (pid: number) => void;
}

export type WorkerAnswer<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'unanswered' | 'lost' | 'stopped' };

type Worker = ChildProcessByStdio<Writable, Readable, null>;

/** More than any answer has. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export class HostWorkers {
  readonly #hung: HungProcesses;
  readonly #patienceMs: number;
  readonly #keptForMs: number;
  #kept: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | undefined;

  constructor(hung: HungProcesses, { patienceMs = 15_000, keptForMs = 10_000 }: WorkerTiming = {}) {
    this.#hung = hung;
    this.#patienceMs = patienceMs;
    this.#keptForMs = keptForMs;
  }

  async ask<Task extends HostTask>(
    order: WorkerOrder<Task>,
    options: AskOptions,
  ): Promise<WorkerAnswer<HostAnswers[Task['kind']]>> {
    if (options.signal?.aborted) return { kind: 'stopped' };
    if (this.#hung.isFull) return { kind: 'unanswered' };
    const isCommon = order.user === undefined && options.descriptor === undefined;
    const worker = isCommon ? this.#take() : start(options);
    if (worker.pid !== undefined) options.onProcess?.(worker.pid);
    const asked = await this.#answerOf<HostAnswers[Task['kind']]>(worker, order, options);
    if (asked.kind === 'unanswered' || asked.kind === 'stopped') this.#hung.giveUp(worker, options.path);
    else if (asked.kind === 'answered' && isCommon) this.#keep(worker);
    else worker.kill('SIGKILL');
    return asked;
  }

  close(): void {
    if (this.#kept !== undefined) clearTimeout(this.#kept.timer);
    this.#kept?.worker.kill('SIGKILL');
    this.#kept = undefined;
  }

  #answerOf<Answer>(worker: Worker, order: WorkerOrder, options: AskOptions): Promise<WorkerAnswer<Answer>> {
    const { signal, patienceMs = this.#patienceMs } = options;
    const { promise, resolve } = Promise.withResolvers<WorkerAnswer<Answer>>();
    const pieces: Buffer[] = [];
    let bytes = 0;
    const onData = (piece: Buffer) => {
      bytes += piece.length;
      pieces.push(piece);
      if (bytes > MAX_ANSWER_BYTES) resolve({ kind: 'lost' });
      else if (piece.at(-1) === 10) resolve(read(Buffer.concat(pieces)));
    };
    const onLost = () => resolve({ kind: 'lost' });
    const onAbort = () => resolve({ kind: 'stopped' });
    const timer = setTimeout(() => resolve({ kind: 'unanswered' }), patienceMs);
    worker.stdout.on('data', onData);
    worker.once('error', onLost);
    worker.once('close', onLost);
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.stdin.write(`${JSON.stringify(order)}\n`);
    return promise.finally(() => {
      clearTimeout(timer);
      worker.stdout.off('data', onData);
      worker.off('error', onLost);
      worker.off('close', onLost);
      signal?.removeEventListener('abort', onAbort);
    });
  }

  #take(): Worker {
    if (this.#kept === undefined) return start();
    const { worker, timer } = this.#kept;
    clearTimeout(timer);
    this.#kept = undefined;
    return worker.exitCode === null && worker.signalCode === null ? worker : start();
  }

  #keep(worker: Worker): void {
    if (this.#kept !== undefined) return void worker.kill('SIGKILL');
    const timer = setTimeout(() => this.close(), this.#keptForMs);
    timer.unref();
    this.#kept = { worker, timer };
  }
}

/** The worker belongs to one execution where it is for no other. */
function start({ executionId, descriptor }: Partial<AskOptions> = {}): Worker {
  const worker = spawn(process.execPath, ownProgram('host-worker', import.meta.dirname), {
    cwd: '/',
    env: executionId === undefined ? {} : { [EXECUTION_VARIABLE]: executionId },
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore', descriptor ?? 'ignore'],
  }) as Worker; // its first three are as the type says
  worker.on('error', () => {}); // whoever asks is told that it is lost
  worker.stdin.on('error', () => {}); // it ended, and `close` says so
  worker.unref();
  return worker;
}

function read<Answer>(line: Buffer): WorkerAnswer<Answer> {
  try {
    return { kind: 'answered', answer: JSON.parse(line.toString()) as Answer }; // the worker writes nothing else
  } catch {
    return { kind: 'lost' };
  }
}
