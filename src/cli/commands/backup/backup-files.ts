import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { CliError } from '../../cli-error.ts';

/** Writes through `write` beside the file and puts it in place once it is whole: a backup broken off never looks like one. */
export async function writeBackupFile<T>(path: string, write: (output: Writable) => Promise<T>): Promise<T> {
  const draft = `${path}.${process.pid}.draft`;
  const file = await openOrExplain(draft, 'w');
  try {
    const result = await write(file.createWriteStream({ flush: true }));
    await rename(draft, path);
    return result;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** `-` is standard input. */
export async function readBackupFile(path: string): Promise<Readable> {
  return path === '-' ? process.stdin : (await openOrExplain(path, 'r')).createReadStream();
}

async function openOrExplain(path: string, flags: 'r' | 'w'): Promise<FileHandle> {
  return open(path, flags, 0o600).catch((cause) => {
    throw new CliError(`cannot ${flags === 'r' ? 'read' : 'write'} the backup: ${cause.message}`, { cause });
  });
}
