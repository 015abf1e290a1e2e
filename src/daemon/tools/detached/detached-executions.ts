/**
 * Orders that outlive the daemon (`detached: true`): the upgrade of its own package, say, which restarts it. A runner
 * watches over the command; this life of the daemon and the next follow what it writes, one after the other.
 *
 * started   the journal has the start, then the directory is made, then the runner is started, once
 * followed  output goes on its way record by record; after a restart from the first one, and the controller takes what
 *           it has not had. Deadline and cancel are the daemon's, and end the command as any other
 * left      the daemon stops: it only looks away. The journal says `started`, so the next life takes it up
 * over      the runner has written the end, or is gone without one: then what is left is ended, as `interrupted`
 * forgotten the end is in the journal
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { aborted } from '#runtime/aborted.ts';
import { makeDirectory } from '#runtime/make-directory.ts';
import { messageOf } from '../../daemon-error.ts';
import {
  type ExecutionIo,
  failed,
  GOES_ON,
  type StopReason,
  stopped,
  type ToolEnding,
  type ToolEndingOrNone,
} from '../../executions/executor.ts';
import { interrupted } from '../../executions/former-life.ts';
import { ownProgram } from '../own-program.ts';
import { endLeftovers } from '../processes/end-leftovers.ts';
import { endExecution } from '../processes/end-session.ts';
import { readProcess } from '../processes/process-table.ts';
import type { ProcessOrder } from '../processes/run-process.ts';
import { DetachedFiles } from './detached-files.ts';
import { OutputFileReader } from './output-file.ts';

const LOOK_EVERY_MS = 100;

/** How long a runner may take to have a command, and to write down its end once it was ended. */
const RUNNER_PATIENCE_MS = 10_000;

const lost: ToolEnding = { ...interrupted, errorMessage: 'what watched over it is gone; it is not started again' };

export class DetachedExecutions {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** It was begun, and nobody has been told its end. */
  has(executionId: string): boolean {
    return this.#filesOf(executionId).isThere;
  }

  /** How many were begun, and nobody has been told their end. */
  get count(): number {
    return listIfThere(this.#directory).length;
  }

  /** Its end is in the journal. */
  forget(executionId: string): void {
    this.#filesOf(executionId).remove();
  }

  /** Forgets what is not among these. */
  keepOnly(executionIds: ReadonlySet<string>): void {
    for (const name of listIfThere(this.#directory)) if (!executionIds.has(name)) this.forget(name);
  }

  start(executionId: string, order: ProcessOrder, io: ExecutionIo): Promise<ToolEndingOrNone> {
    const files = this.#filesOf(executionId);
    try {
      makeDirectory(this.#directory);
      files.begin({ order, outputLimitBytes: io.output?.limitBytes ?? 0 });
    } catch (error) {
      return Promise.resolve(failed('spawn_failed', `its directory cannot be made: ${messageOf(error)}`));
    }
    const runner = spawn(process.execPath, [...ownProgram('detached-runner', import.meta.dirname), files.directory], {
      cwd: '/',
      env: { PATH: process.env.PATH },
      detached: true,
      stdio: 'ignore',
    });
    runner.on('error', () => {}); // no pid says so
    runner.unref();
    const isComing = () => runner.pid !== undefined && runner.exitCode === null && runner.signalCode === null;
    return new Follower(executionId, files, io).follow(isComing);
  }

  /** What a former life started. */
  takeUp(executionId: string, io: ExecutionIo): Promise<ToolEndingOrNone> {
    const files = this.#filesOf(executionId);
    files.claim({ pid: 0, startTicks: 0 }); // a runner that has not come yet comes too late
    return new Follower(executionId, files, io).follow(() => false);
  }

  #filesOf(executionId: string): DetachedFiles {
    return new DetachedFiles(join(this.#directory, executionId));
  }
}

class Follower {
  readonly #executionId: string;
  readonly #files: DetachedFiles;
  readonly #io: ExecutionIo;
  readonly #output: OutputFileReader;
  #hasStarted = false;

  constructor(executionId: string, files: DetachedFiles, io: ExecutionIo) {
    this.#executionId = executionId;
    this.#files = files;
    this.#io = io;
    this.#output = new OutputFileReader(files.outputFile);
  }

  /** @param isComing the runner has been started and may not have claimed the order yet. */
  async follow(isComing: () => boolean): Promise<ToolEndingOrNone> {
    const { signal } = this.#io;
    try {
      while (!signal.aborted) {
        const isWatched = isComing() || this.#isWatched();
        const end = this.#files.end; // what it wrote before is all there then
        this.#tellStart();
        await this.#passOn();
        if (signal.aborted) break;
        if (end !== undefined) return { ...end.ending, totals: end.totals };
        if (!isWatched) return await this.#giveUp();
        await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
      }
      return await this.#stop(signal.reason as StopReason, isComing); // only those are given
    } finally {
      this.#output.close();
    }
  }

  #isWatched(): boolean {
    const { runner } = this.#files;
    const row = runner === undefined ? undefined : readProcess(runner.pid);
    return row !== undefined && row.startTicks === runner?.startTicks && row.state !== 'Z';
  }

  #tellStart(): void {
    const command = this.#hasStarted ? undefined : this.#files.command;
    if (command === undefined) return;
    this.#hasStarted = true;
    this.#io.started(command.mark, command.at);
  }

  async #passOn(): Promise<void> {
    const { output, signal } = this.#io;
    for (let record = this.#output.peek(); record !== undefined; record = this.#output.peek()) {
      if (output?.sink.add(record.stream, record.offset, record.data) !== false) this.#output.advance(record);
      else await Promise.race([output.sink.whenRoom(), aborted(signal)]);
      if (signal.aborted) return;
    }
  }

  async #stop(reason: StopReason, isComing: () => boolean): Promise<ToolEndingOrNone> {
    if (reason.kind === 'daemon_stopped') return GOES_ON;
    await this.#until(() => this.#files.command !== undefined || !(isComing() || this.#isWatched()));
    const { command } = this.#files;
    if (command !== undefined && this.#files.end === undefined) await endExecution(command.mark.pid, this.#executionId);
    await this.#until(() => this.#files.end !== undefined || !this.#isWatched());
    const { end } = this.#files;
    const { output } = this.#io;
    for (let record = this.#output.peek(); record !== undefined; record = this.#output.peek()) {
      if (output?.sink.add(record.stream, record.offset, record.data) === false) break; // no room: the rest is given up
      this.#output.advance(record);
    }
    return { ...stopped(reason, command !== undefined), ...(end !== undefined && { totals: end.totals }) };
  }

  /** Nobody watches over it, and nobody has written down its end. */
  async #giveUp(): Promise<ToolEnding> {
    const { end, command } = this.#files;
    if (end !== undefined) return { ...end.ending, totals: end.totals };
    await endLeftovers([{ executionId: this.#executionId, mark: command?.mark }]);
    return lost;
  }

  async #until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + RUNNER_PATIENCE_MS;
    while (!holds() && performance.now() < deadline) await delay(20);
  }
}

function listIfThere(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
