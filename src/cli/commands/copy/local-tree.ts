import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isName, type PackedEntry, packTree } from '#protocol/tools/tree.ts';
import { CliError, usageError } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import { type LocalContent, measure } from './send-content.ts';

export interface LocalTree extends LocalContent {
  readonly name: string;
  /** Links, devices, pipes and names that no other machine takes; they are left out. */
  readonly leftOut: number;
}

/** A directory here, as one content. It is read twice, for its SHA-256 and to be sent. */
export async function readLocalTree(path: string): Promise<LocalTree> {
  let leftOut = 0;
  const open = () => {
    leftOut = 0;
    return packTree(entriesOf(path, [], () => (leftOut += 1))) as AsyncIterable<Buffer>;
  };
  try {
    if (!(await lstat(join(path, '.'))).isDirectory()) throw usageError(`${path} is not a directory`);
    const measured = await measure(open());
    return { path, name: basename(resolve(path)), open, ...measured, leftOut };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const cause = error as Error; // of the system
    throw new CliError(`cannot read ${path}: ${cause.message}`, { exitCode: ExitCode.usage, cause });
  }
}

async function* entriesOf(
  directory: string,
  below: readonly string[],
  leaveOut: () => void,
): AsyncGenerator<PackedEntry> {
  for (const name of (await readdir(directory)).toSorted()) {
    const [at, path] = [join(directory, name), [...below, name]];
    const stats = await lstat(at);
    if (!isName(name) || !(stats.isFile() || stats.isDirectory())) leaveOut();
    else if (stats.isDirectory()) {
      yield { ...entryOf(stats), path, kind: 'directory', size: 0, content: nothing };
      yield* entriesOf(at, path, leaveOut);
    } else {
      const content = () => contentOf(at, stats.size);
      yield { ...entryOf(stats), path, kind: 'file', size: stats.size, content };
    }
  }
}

function entryOf({ mode, mtime }: Stats) {
  return { mode, modifiedAt: mtime };
}

async function* nothing(): AsyncGenerator<Buffer> {}

async function* contentOf(path: string, size: number): AsyncGenerator<Buffer> {
  let read = 0;
  if (size > 0) {
    for await (const piece of createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>) {
      read += piece.length;
      yield piece;
    }
  }
  if (read !== size) throw new Error(`${path} was changed while it was read`);
}
