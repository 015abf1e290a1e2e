/**
 * Where file tools may go. Closed to them, whoever they act as: the kernel's own trees, what the daemon keeps (its state,
 * the policy file wherever it is, an outpost's bundle), and what the operator closes. Where a policy is written, also the
 * daemon's program, and where it limits commands, every directory that an allowed one is in or is looked for in: who may
 * replace a program may run anything.
 *
 * A closed place is known by its path and by what it is (device and number), so that another mount or name of it is
 * closed as well.
 */
import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, normalize, relative } from 'node:path';
import { ownPackage } from '#runtime/own-package.ts';
import { isRestricted, type Policy } from './policy.ts';
import { resolveProgram } from './resolve-program.ts';

export interface Places {
  /** Real paths; undefined: everywhere but what is closed. */
  readonly roots: readonly string[] | undefined;
  /** Real paths, and the paths by which they were named. */
  readonly closed: readonly string[];
  /** What those are, as `identityOf` has it. */
  readonly closedIdentities: readonly string[];
}

const KERNEL_TREES = ['/proc', '/sys', '/dev'];

/** @param own what the daemon keeps, and what the operator closes. Absolute. */
export function placesOf(
  policy: Policy,
  { own, path }: { readonly own: readonly string[]; readonly path: string },
): Places {
  const named = [...KERNEL_TREES, ...own, ...programPlaces(policy, path)];
  const closed = [...new Set(named.flatMap((place) => [place, realPathOf(place)]))];
  const closedIdentities = closed.flatMap((place) => {
    const stats = statSync(place, { throwIfNoEntry: false });
    return stats === undefined ? [] : [identityOf(stats)];
  });
  return { roots: policy.allowedRoots?.map(realPathOf), closed, closedIdentities: [...new Set(closedIdentities)] };
}

/** Why file tools may not go to what has this real path; undefined when they may. */
export function refusalOfPlace(places: Places, realPath: string): string | undefined {
  const { roots } = places;
  if (isClosed(places, realPath)) return whyClosed(realPath);
  if (roots === undefined || roots.some((root) => isInside(realPath, root))) return undefined;
  return `${realPath} is outside of what the policy of this host (allowed_roots) allows`;
}

/** Also of a path that has not been resolved: what names a closed place is not even looked up. */
export function isClosed({ closed }: Places, path: string): boolean {
  return closed.some((place) => isInside(normalize(path), place));
}

export function whyClosed(path: string): string {
  return `${path} is closed to file tools on this host`;
}

export function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

function programPlaces(policy: Policy, path: string): string[] {
  if (!isRestricted(policy)) return [];
  const ours = [ownPackage.root, process.execPath];
  if (policy.allowedCommands === undefined) return ours;
  const lookedUp = path.split(':').filter(isAbsolute);
  const programs = policy.allowedCommands.flatMap((command) => resolveProgram(command, path) ?? []);
  return [...ours, ...lookedUp, ...programs.flatMap((program) => [dirname(program), dirname(realPathOf(program))])];
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
