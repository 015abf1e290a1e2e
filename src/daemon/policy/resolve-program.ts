import { accessSync, constants, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';

/**
 * The executable a name stands for, by the real path of its directory: `/bin/true` and `/usr/bin/true` may be one. A link
 * to an executable is a name of its own: `reboot` may be a link to `systemctl`, which does far more by its own name. A
 * relative path stands for nothing here: it would be looked up from where the command runs, not from where we look.
 */
export function resolveProgram(name: string, path: string): string | undefined {
  for (const candidate of candidatesFor(name, path)) {
    if (!isAbsolute(candidate)) return undefined;
    try {
      accessSync(candidate, constants.X_OK);
      return join(realpathSync(dirname(candidate)), basename(candidate));
    } catch {
      // not there: the next one
    }
  }
  return undefined;
}

/** Where a name is looked up, in order. */
export function candidatesFor(name: string, path: string): string[] {
  return name.includes('/') ? [name] : path.split(':').map((directory) => join(directory, name));
}
