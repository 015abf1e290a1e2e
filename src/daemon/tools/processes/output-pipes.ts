/**
 * The pipes commands write to. They are named pipes, because what Node calls a pipe between processes is a socket pair,
 * and a script that writes to /dev/stdout or /dev/stderr fails on a socket.
 *
 * Each pipe serves one command after the other. A command's own children may hold the writing end for longer than it
 * lives: such a pipe is given up, read on into nothing so that its writer does not die of it, and another one is made.
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
  /** The command is over and `readEnd` has been read as far as it will be. */
  release(): void;
  /** Nobody has ever had it. */
  giveBack(): void;
}

export interface PipeOwner {
  readonly uid: number;
  readonly gid: number;
}

/** Pipes that somebody else still writes to; the oldest is closed beyond this. */
const MAX_ABANDONED = 32;

const run = promisify(execFile);

export class OutputPipes {
  readonly #directory: string;
  readonly #free: string[] = [];
  readonly #abandoned = new Set<Socket>();
  #made = 0;

  /** @param directory for nobody else; emptied. */
  constructor(directory: string) {
    this.#directory = directory;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Makes the first ones, so that the first command does not wait for them. */
  async prepare(): Promise<void> {
    this.#free.push(await this.#make());
  }

  /** @param owner who may open it again by way of /dev/stdout. */
  async open(owner: PipeOwner | undefined): Promise<OutputPipe> {
    const path = this.#free.pop() ?? (await this.#make());
    const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const writeEnd = openSync(path, constants.O_WRONLY);
      if (process.getuid?.() === 0) fchownSync(writeEnd, owner?.uid ?? 0, owner?.gid ?? 0);
      const readEnd = new Socket({ fd: reading, readable: true, writable: false });
      readEnd.on('error', () => readEnd.destroy());
      return {
        writeEnd,
        readEnd,
        release: () => (readEnd.readableEnded ? this.#reuse(path, readEnd) : this.#abandon(path, readEnd)),
        giveBack: () => this.#reuse(path, readEnd),
      };
    } catch (error) {
      closeSync(reading);
      throw error;
    }
  }

  close(): void {
    for (const readEnd of this.#abandoned) readEnd.destroy();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #reuse(path: string, readEnd: Socket): void {
    readEnd.destroy();
    this.#free.push(path);
  }

  #abandon(path: string, readEnd: Socket): void {
    rmSync(path, { force: true });
    if (readEnd.destroyed) return;
    this.#abandoned.add(readEnd);
    readEnd.removeAllListeners('data');
    readEnd.once('close', () => this.#abandoned.delete(readEnd));
    readEnd.unref();
    readEnd.resume();
    const [oldest] = this.#abandoned;
    if (this.#abandoned.size > MAX_ABANDONED) oldest?.destroy();
  }

  /** Makes a few at a time: it costs a process. */
  async #make(): Promise<string> {
    const paths = Array.from({ length: 4 }, () => join(this.#directory, String(this.#made++)));
    await run('mkfifo', ['-m', '600', ...paths]);
    const [first, ...others] = paths;
    this.#free.push(...others);
    return first as string; // four were made
  }
}
