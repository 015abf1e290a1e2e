import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownPackage } from '#runtime/own-package.ts';

/**
 * A small program of ours for a process of its own, as arguments of Node: a file beside the main one in a release, a
 * source in a checkout. Whoever may signal such a process may not open it to a debugger.
 */
export function ownProgram(name: string, sourceDirectory: string): string[] {
  const bundled = join(ownPackage.root, 'lib', `${name}.js`);
  return ['--disable-sigusr1', existsSync(bundled) ? bundled : join(sourceDirectory, `${name}.ts`)];
}
