/**
 * A process that becomes a command: where it is to run as a user who is in groups (docker, ssl-cert), because Node starts
 * a process without them, and where its directory or its program is on a file system that may hang, because the daemon
 * would hang with it. It runs as root until it has become the user, so nothing of the order reaches it but by the file
 * whose descriptor it is given: no variable of the order, which could make a program of root's load code.
 *
 * The file is emptied before the command is there. What keeps the command from starting is written into it.
 */
import { accessSync, closeSync, constants, ftruncateSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { becomeUser, type UserIds } from './become-user.ts';

export interface LaunchOrder {
  /** Undefined: whoever the daemon is. */
  readonly user: UserIds | undefined;
  /** Where it runs: the first of them that is a directory. */
  readonly directories: readonly string[];
  readonly file: string;
  /** With the name it is called by in front. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export type LaunchProblem = 'ENOENT' | 'EACCES' | 'EPERM' | 'NO_DIRECTORY';

type Found = { readonly path: string } | { readonly problem: LaunchProblem };

const descriptor = Number(process.argv[2]);
const { user, directories, file, argv, env } = JSON.parse(readFileSync(descriptor, 'utf8')) as LaunchOrder; // the daemon writes nothing else
ftruncateSync(descriptor);
const found = prepare();
if ('problem' in found) {
  writeSync(descriptor, found.problem, 0);
  process.exit(127);
}
closeSync(descriptor);
// Node ignores these, and so would the command; a handler is reset when it starts.
for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) process.on(signal, () => {});
process.execve?.(found.path, [...argv], { ...env });

/** A directory is entered as whoever the daemon is, and as the user where only the user may. */
function prepare(): Found {
  const [wanted = '/'] = directories;
  const isThere = enter(wanted);
  try {
    if (user !== undefined) becomeUser(user);
  } catch {
    return { problem: 'EPERM' };
  }
  return isThere || directories.some(enter) ? findProgram() : { problem: 'NO_DIRECTORY' };
}

function enter(directory: string): boolean {
  try {
    process.chdir(directory);
    return true;
  } catch {
    return false;
  }
}

/** As execvp(3) does, by the user that is to execute it. */
function findProgram(): Found {
  const candidates = file.includes('/')
    ? [file]
    : (env.PATH ?? '').split(':').map((directory) => join(directory, file));
  let problem: 'ENOENT' | 'EACCES' = 'ENOENT';
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return { path };
      problem = 'EACCES';
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EACCES') problem = 'EACCES';
    }
  }
  return { problem };
}
