import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Which of `names` are executables in one of `directories`. Directories are listed rather than asked for each name: a
 * thousand answers "not there" are tens of milliseconds.
 */
export function programsIn(directories: readonly string[], names: readonly string[]): string[] {
  const found = new Set(
    directories.flatMap((directory) => {
      return presentIn(directory, names).filter((name) => isExecutable(join(directory, name)));
    }),
  );
  return names.filter((name) => found.has(name));
}

/** Whatever they are. */
export function presentIn(directory: string, names: readonly string[]): string[] {
  const entries = new Set(listIfThere(directory, names));
  return names.filter((name) => entries.has(name));
}

/** All of `names` where a directory may be used and not listed. */
function listIfThere(directory: string, names: readonly string[]): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? names : [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
