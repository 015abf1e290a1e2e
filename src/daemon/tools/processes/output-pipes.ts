/**
 * The pipes commands write to. They are named pipes, because what Node calls a pipe between processes is a socket pair,
 * and a script that writes to /dev/stdout or /dev/stderr fails on a socket.
 *
 * A pipe serves one command and no other. It loses its name as soon as both ends are open, so nobody opens it again but
 * who holds it already: what a command leaves behind reaches its own pipe through /proc/self/fd, and never the output of
 * a later command. Names are made ahead, a dozen by one process, and each is used once.
 *
 * A command's own children may hold the writing end for longer than it lives: such a pipe is read on into nothing, so
 * that its writer does not die of it.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, fchownSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

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

/** Pipes that somebody else still writes to; the oldest is closed beyond this. */
const MAX_ABANDONED = 32;

/** Names made by one process, and how few of them are left when it is time for more. */
const MADE_AT_ONCE = 12;
const FEW = 4;

const run = promisify(execFile);

export class OutputPipes {
  readonly #directory: string;
  readonly #names: string[] = [];
  readonly #abandoned = new Set<Socket>();
  #making: Promise<void> | undefined;
  #made = 0;

  /** @param directory for nobody else; emptied. */
  constructor(directory: string) {
    this.#directory = directory;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Makes the first ones, so that the first command does not wait for them. */
  prepare(): Promise<void> {
    return this.#makeMore();
  }

  /** @param owner who may open it again by way of /dev/stdout. */
  async open(owner: PipeOwner | undefined): Promise<OutputPipe> {
    const path = await this.#takeName();
    let reading: number | undefined;
    try {
      reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writeEnd = openSync(path, constants.O_WRONLY);
      if (process.getuid?.() === 0) fchownSync(writeEnd, owner?.uid ?? 0, owner?.gid ?? 0);
      const readEnd = new Socket({ fd: reading, readable: true, writable: false });
      readEnd.on('error', () => readEnd.destroy());
      return { writeEnd, readEnd, release: () => this.#release(readEnd) };
    } catch (error) {
      if (reading !== undefined) closeSync(reading);
      throw error;
    } finally {
      rmSync(path, { force: true });
    }
  }

  close(): void {
    for (const readEnd of this.#abandoned) readEnd.destroy();
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
    await run('mkfifo', ['-m', '600', ...paths]);
    this.#names.push(...paths);
  }

  #release(readEnd: Socket): void {
    if (readEnd.readableEnded) readEnd.destroy();
    if (readEnd.destroyed) return;
    this.#abandoned.add(readEnd);
    readEnd.removeAllListeners('data');
    readEnd.once('close', () => this.#abandoned.delete(readEnd));
    readEnd.unref();
    readEnd.resume();
    const [oldest] = this.#abandoned;
    if (this.#abandoned.size > MAX_ABANDONED) oldest?.destroy();
  }
}
