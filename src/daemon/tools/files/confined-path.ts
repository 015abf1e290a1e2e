/**
 * Paths that stay in the places a file tool may go to. A path is resolved first, links and all; the result must be inside
 * an allowed root and outside of what is closed. Then its directory is opened by walking from the root of the
 * file system, one component after the other, following no link: whoever swaps a directory for a link in between is
 * refused instead of followed, and so is what turns out to be a closed place by another path, or a file system of the
 * kernel's. What happens in the directory goes through the opened descriptor, so it happens there.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { identityOf, isClosed, type Places, refusalOfPlace, whyClosed } from '../../policy/places.ts';
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
  places: Places,
  path: string,
  followsLink: boolean,
  work: (place: ConfinedPath) => T,
): T {
  const { place, close } = openConfinedPath(places, path, followsLink);
  try {
    return work(place);
  } finally {
    close();
  }
}

/** The same for what takes a while: its directory is open until `close`. */
export function openConfinedPath(
  places: Places,
  path: string,
  followsLink: boolean,
): { readonly place: ConfinedPath; close(): void } {
  if (isClosed(places, path)) throw closedPlace(path);
  const realPath = resolvePath(path, followsLink);
  const refusal = refusalOfPlace(places, realPath);
  if (refusal !== undefined) throw new FileFailure('path_refused', refusal);
  if (!hasDescriptorPaths)
    return { place: { realPath, entry: realPath, directory: dirname(realPath) }, close: () => {} };
  const descriptor = openDirectory(dirname(realPath), places);
  try {
    const directory = `/proc/self/fd/${descriptor}`;
    const entry = realPath === '/' ? directory : join(directory, basename(realPath));
    checkEntry(entry, realPath, places);
    return { place: { realPath, entry, directory }, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
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

function openDirectory(realPath: string, places: Places): number {
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
    try {
      checkOpened(descriptor, realPath, places);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }
  return descriptor;
}

/** statfs(2): proc, sysfs, devpts, cgroup, cgroup2, debugfs, tracefs, securityfs, bpf, selinuxfs, efivarfs, binfmt_misc, fusectl. */
const KERNEL_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x9fa0, 0x62656572, 0x1cd1, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163, 0x73636673, 0xcafe4a11, 0xf97cff8c,
  0xde5e81e4, 0x42494e4d, 0x65735543,
]);

/** A closed directory may be reached by another mount, and so may the kernel's own trees. */
function checkOpened(descriptor: number, realPath: string, places: Places): void {
  const isClosed = places.closedIdentities.includes(identityOf(fstatSync(descriptor)));
  if (isClosed || KERNEL_FILE_SYSTEMS.has(statfsSync(`/proc/self/fd/${descriptor}/.`).type)) {
    throw closedPlace(realPath);
  }
}

/** What is to be looked at or replaced may itself be closed, by whatever name. */
function checkEntry(entry: string, realPath: string, places: Places): void {
  const stats = lstatSync(entry, { throwIfNoEntry: false });
  if (stats === undefined || !places.closedIdentities.includes(identityOf(stats))) return;
  throw closedPlace(realPath);
}

function closedPlace(path: string): FileFailure {
  return new FileFailure('path_refused', whyClosed(path));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
