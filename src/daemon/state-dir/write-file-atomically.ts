import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Puts `content` at `path`, whole and on the disk, or leaves what was there: a crash in between costs a temporary file.
 * @param mode permission bits, set whatever the umask says.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      fchmodSync(file, mode);
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    tryToRemove(temporary);
    throw error;
  }
  syncDirectory(dirname(path));
}

/** A renamed or removed file is on the disk when its directory is. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function tryToRemove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made; the error that is on its way says why.
  }
}
