import { DirectoryInUse, type DirectoryLock, lockDirectory } from '#runtime/directory-lock.ts';
import { DaemonError } from '../daemon-error.ts';
import type { StateDir } from './state-dir.ts';

/** @throws DaemonError `already_running` */
export function lockStateDir(stateDir: StateDir): DirectoryLock {
  try {
    return lockDirectory(stateDir.path, 'garrison node');
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error;
    throw new DaemonError('already_running', `${error.message}; stop it first, or name another --state-dir`, {
      cause: error,
    });
  }
}
