/**
 * The pipes commands write to. They are named pipes, because what Node calls a pipe between processes is a socket pair,
 * and a script that writes to /dev/stdout or /dev/stderr fails on a socket.
 *
 * A pipe serves one command and no other. It loses its name as soon as both ends are open, so nobody opens it again but
 * who holds it already: what a command leaves behind reaches its own pipe through /proc/self/fd, and never the output of
 * a later command. Names are made ahead, a dozen by one process, and each is used once.
 *
 * A command's own children may hold the writing end for longer than it lives: such a pipe is handed to a process that
 * reads it into nothing for as long as somebody writes, whatever becomes of the daemon (`drain-pipe.ts`). The end that a
 * command writes to may also be read (fifo(7)): should the daemon be killed, who writes waits for its next life, and does
 * not die of SIGPIPE.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync, realpathSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeDirectory } from '#runtime/make-directory.ts';
import { drainOrphans, drainPipe } from './drain-pipe.ts';

export interface OutputPipe {
  /** For the child; close it in the parent once the child has it. */
  readonly writeEnd: number;
  readonly readEnd: Socket;
  /** The command is over, or was never started, and `readEnd` has been read as far as it will be. */
  release(): void;
}

export interface PipeOwner {
  readonly uid: number;
  readonly gid: number;
}

/** Names made by one process, and how few of them are left when it is time for more. */
const MADE_AT_ONCE = 12;
const FEW = 4;

const run = promisify(execFile);

export class OutputPipes {
  readonly #directory: string;
  readonly #names: string[] = [];
  #making: Promise<void> | undefined;
  #made = 0;

  /** @param directory for nobody else; emptied. */
  constructor(directory: string) {
    rmSync(directory, { recursive: true, force: true });
    makeDirectory(dirname(directory));
    this.#directory = join(realpathSync(dirname(directory)), basename(directory)); // as /proc names what was opened there
  }

  /** Makes the first ones, so that the first command does not wait for them. */
  prepare(): Promise<void> {
    return this.#makeMore();
  }

  /** Takes up the pipes of a life of the daemon that was killed. */
  drainFormer(): number {
    return drainOrphans(this.#directory);
  }

  /** @param owner who may open it again by way of /dev/stdout. */
  async open(owner: PipeOwner | undefined): Promise<OutputPipe> {
    const path = await this.#takeName();
    let reading: number | undefined;
    try {
      reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writeEnd = openSync(path, constants.O_RDWR);
      if (process.getuid?.() === 0) fchownSync(writeEnd, owner?.uid ?? 0, owner?.gid ?? 0);
      const descriptor = reading;
      const readEnd = new Socket({ fd: descriptor, readable: true, writable: false });
      readEnd.on('error', () => readEnd.destroy());
      return { writeEnd, readEnd, release: () => release(readEnd, descriptor) };
    } catch (error) {
      if (reading !== undefined) closeSync(reading);
      throw error;
    } finally {
      rmSync(path, { force: true });
    }
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #takeName(): Promise<string> {
    let name = this.#names.pop();
    while (name === undefined) {
      await this.#makeMore();
      name = this.#names.pop();
    }
    if (this.#names.length < FEW) void this.#makeMore().catch(() => {}); // whoever finds none left is told
    return name;
  }

  #makeMore(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: MADE_AT_ONCE }, () => join(this.#directory, String(this.#made++)));
    makeDirectory(this.#directory); // here, because the disk may have been full
    await run('mkfifo', ['-m', '600', ...paths]);
    this.#names.push(...paths);
  }
}

function release(readEnd: Socket, descriptor: number): void {
  readEnd.pause();
  if (!readEnd.readableEnded && !readEnd.destroyed && !drainPipe(descriptor)) return readHere(readEnd);
  readEnd.destroy();
}

/** Where no further process can be made. */
function readHere(readEnd: Socket): void {
  readEnd.removeAllListeners('data');
  readEnd.unref();
  readEnd.resume();
}
