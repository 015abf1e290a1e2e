import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Puts `content` at `path`, whole and on the disk, or leaves what was there: a crash in between costs a temporary file.
 * @param mode permission bits, set whatever the umask says.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o600): void {
  place(path, { content, mode }, (draft) => renameSync(draft, path));
}

/** The same where nothing is there yet; false, and nothing is changed, where another was faster. */
export function createFileAtomically(path: string, content: string | Uint8Array, mode = 0o600): boolean {
  try {
    place(path, { content, mode }, (draft) => linkSync(draft, path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false; // thrown by node:fs
    throw error;
  }
}

/** Whole, but not for ever: after a power cut the file may be gone. For what is written anew all the time. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  const draft = draftBeside(path);
  try {
    writeFileSync(draft, content, { mode, flag: 'wx' });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
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

function place(
  path: string,
  { content, mode }: { readonly content: string | Uint8Array; readonly mode: number },
  put: (draft: string) => void,
): void {
  const draft = draftBeside(path);
  try {
    const file = openSync(draft, 'wx', mode);
    try {
      fchmodSync(file, mode);
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    put(draft);
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dirname(path));
}

function draftBeside(path: string): string {
  return join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
}
