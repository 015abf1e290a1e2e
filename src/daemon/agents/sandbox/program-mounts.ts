import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute } from 'node:path';
import { isOpenToAll } from '../slots/agent-dirs.ts';
import type { Mount } from './sandbox-spec.ts';

const OF_THE_SYSTEM = ['/usr/', '/bin/', '/sbin/', '/lib/', '/lib64/'];

/**
 * What has to be seen inside for a program outside of /usr to start: where it is installed, and files its command line
 * names. Read-only, and only for commands of this host's own table.
 */
export function programMounts(program: string, args: readonly string[]): Mount[] {
  const named = args.filter((arg) => isAbsolute(arg) && existsSync(arg));
  const places = [...new Set([...installationOf(program), ...named])];
  return places.filter((path) => !isOfTheSystem(path)).map((path) => ({ outside: path, inside: path }));
}

/** A package of npm with all it needs, a directory with `bin` in it, or the file alone; and the links that lead there. */
function installationOf(program: string): string[] {
  const real = realpathSync(program);
  return [...new Set([rootOf(program), rootOf(real)])];
}

function rootOf(path: string): string {
  const modules = path.indexOf('/node_modules/');
  if (modules > 0) return path.slice(0, modules + '/node_modules'.length);
  const directory = dirname(path);
  return basename(directory) === 'bin' && dirname(directory) !== '/' ? dirname(directory) : path;
}

export function isOfTheSystem(path: string): boolean {
  return OF_THE_SYSTEM.some((place) => path.startsWith(place) || `${path}/` === place);
}

/** A directory on the way to one of them that is closed to the users of agents: what is below cannot be shown to an agent. */
export function closedWay(mounts: readonly Mount[]): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return mounts.map(({ outside }) => dirname(outside)).find((directory) => !isOpenToAll(directory));
}
