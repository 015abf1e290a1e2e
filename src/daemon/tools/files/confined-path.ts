/**
 * Paths that stay where the host's policy says. A path is resolved first, links and all; the result must be inside an
 * allowed root and outside of what is the daemon's own. Then its directory is opened by walking from the root of the
 * file system, one component after the other, following no link: whoever swaps a directory for a link in between is
 * refused instead of followed. What happens in the directory goes through the opened descriptor, so it happens there.
 */
import { closeSync, constants, lstatSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Host } from '../tool-context.ts';
import { FileFailure } from './file-failure.ts';

/** A place in a directory that has been opened. */
export interface ConfinedPath {
  /** Resolved; for people. */
  readonly realPath: string;
  /** What to hand to the system: reaches the entry through the opened directory, whatever was renamed since. */
  readonly entry: string;
  /** The opened directory itself. */
  readonly directory: string;
}

/** Linux only; not among Node's constants. */
const O_PATH = 0o10000000;

const hasDescriptorPaths = process.platform === 'linux';

/**
 * @param followsLink `path` itself may be a link to something that is allowed; else it is taken as it is.
 * @throws FileFailure
 */
export function withConfinedPath<T>(
  host: Host,
  path: string,
  followsLink: boolean,
  work: (place: ConfinedPath) => T,
): T {
  const realPath = resolvePath(path, followsLink);
  checkAllowed(host, realPath);
  if (!hasDescriptorPaths) return work({ realPath, entry: realPath, directory: dirname(realPath) });
  const descriptor = openDirectory(dirname(realPath));
  try {
    const directory = `/proc/self/fd/${descriptor}`;
    const entry = realPath === '/' ? directory : join(directory, basename(realPath));
    return work({ realPath, entry, directory });
  } finally {
    closeSync(descriptor);
  }
}

/** What is not there yet is resolved as far as its directory. */
function resolvePath(path: string, followsLink: boolean): string {
  try {
    if (followsLink || path === '/') return realpathSync(path);
  } catch (error) {
    if (!isMissing(error) || isLink(path)) throw FileFailure.of(error, path);
  }
  try {
    const name = basename(path);
    if (name === '.' || name === '..') return realpathSync(path);
    return join(realpathSync(dirname(path)), name);
  } catch (error) {
    throw FileFailure.of(error, path);
  }
}

function checkAllowed(host: Host, realPath: string): void {
  const { allowedRoots, runAs } = host.policy;
  if (allowedRoots === undefined && runAs !== undefined) {
    throw new FileFailure(
      'path_refused',
      `the policy of this host runs commands as ${runAs} and names no allowed_roots for files`,
    );
  }
  if ([host.stateDir, `/proc/${process.pid}`].some((own) => isInside(realPath, realPathOf(own)))) {
    throw new FileFailure('path_refused', `${realPath} belongs to the daemon`);
  }
  if (!(allowedRoots ?? ['/']).some((root) => isInside(realPath, realPathOf(root)))) {
    throw new FileFailure('path_refused', `${realPath} is outside of what the policy of this host allows`);
  }
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function openDirectory(realPath: string): number {
  const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  let descriptor = openSync('/', O_PATH | constants.O_DIRECTORY);
  for (const component of realPath.split('/').filter(Boolean)) {
    const parent = descriptor;
    try {
      descriptor = openSync(`/proc/self/fd/${parent}/${component}`, flags);
    } catch {
      throw new FileFailure('path_refused', `${realPath} was changed while it was looked at`);
    } finally {
      closeSync(parent);
    }
  }
  return descriptor;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
