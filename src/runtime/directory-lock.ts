import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeDirectory } from './make-directory.ts';

/** Who holds a directory. Told to whoever is refused. */
export interface DirectoryOwner {
  readonly pid: number;
  readonly since: string;
  readonly program: string;
}

export interface DirectoryLock {
  release(): void;
}

export class DirectoryInUse extends Error {
  readonly directory: string;
  readonly owner: DirectoryOwner | undefined;

  constructor(directory: string, owner: DirectoryOwner | undefined) {
    const who = owner === undefined ? 'another process' : `${owner.program} (pid ${owner.pid}, since ${owner.since})`;
    super(`${directory} is in use by ${who}`);
    this.name = 'DirectoryInUse';
    this.directory = directory;
    this.owner = owner;
  }
}

/**
 * Makes this process the only owner of `directory` until `release` or its death, whatever kills it: a file lock of the
 * operating system, which also holds between containers that share the directory. Node cannot lock files itself; the
 * SQLite it brings can, so the lock is an exclusive transaction on an empty database.
 *
 * @throws DirectoryInUse
 */
export function lockDirectory(directory: string, program: string): DirectoryLock {
  makeDirectory(directory);
  const ownerFile = join(directory, 'owner.json');
  const lock = new DatabaseSync(join(directory, 'owner.lock'), { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new DirectoryInUse(directory, readOwner(ownerFile));
    throw error;
  }
  const owner: DirectoryOwner = { pid: process.pid, since: new Date().toISOString(), program };
  tellOwner(ownerFile, owner);
  return {
    release() {
      if (lock.isOpen) lock.close();
    },
  };
}

/** For people; the lock holds without it, also on a full disk. */
function tellOwner(file: string, owner: DirectoryOwner): void {
  try {
    writeFileSync(file, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  } catch {
    rmSync(file, { force: true }); // rather nobody than somebody else
  }
}

/** SQLITE_BUSY (5), and SQLITE_LOCKED (6) within one process. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6);
}

function readOwner(file: string): DirectoryOwner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DirectoryOwner; // we are its only writer
  } catch {
    return undefined;
  }
}
