import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package this program is part of: a checkout, or a release, where the same files are bundled in another folder. */
export interface OwnPackage {
  readonly root: string;
  readonly version: string;
  /** What a release was built from; a checkout does not say. */
  readonly commit: string | undefined;
}

export const ownPackage: OwnPackage = readPackage(findRoot(import.meta.dirname));

function findRoot(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  if (directory === dirname(directory)) throw new Error('this installation has no package.json: install it anew');
  return findRoot(dirname(directory));
}

function readPackage(root: string): OwnPackage {
  const { version, gitHead } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
    gitHead?: string;
  }; // ours
  return { root, version, commit: gitHead };
}
