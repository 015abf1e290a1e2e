import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory for its owner alone, and its parents where they are missing. True when it was not there before.
 *
 * Parents are made one by one: Node's own `recursive` never returns where a file system answers "no such directory" to
 * making one, as /proc does.
 * @throws the error of the system, with its code: `ENOTDIR` where there is a file in the way
 */
export function makeDirectory(path: string, mode = 0o700): boolean {
  const directory = resolve(path);
  if (isDirectory(directory)) return false;
  if (directory !== dirname(directory)) makeDirectory(dirname(directory), mode);
  try {
    mkdirSync(directory, { mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isDirectory(directory)) return false; // thrown by node:fs; somebody was faster
    throw error;
  }
}

function isDirectory(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory()) return stats !== undefined;
  throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), {
    code: 'ENOTDIR',
    syscall: 'mkdir',
    path,
  });
}
