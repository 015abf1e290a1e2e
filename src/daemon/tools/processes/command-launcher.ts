/**
 * A process that becomes a user with all groups of that user, and then the command. Node starts a process as another user
 * without the groups beyond its own (docker, ssl-cert), so this goes in front where there are any. It runs as root until
 * it has become the user, so nothing of the order reaches it but by the file whose descriptor it is given: no variable
 * of the order, which could make a program of root's load code.
 *
 * The file is emptied before the command is there. What keeps the command from starting is written into it.
 */
import { accessSync, closeSync, constants, ftruncateSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { becomeUser, type UserIds } from './become-user.ts';

export interface LaunchOrder {
  readonly user: UserIds;
  readonly file: string;
  /** With the name it is called by in front. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const descriptor = Number(process.argv[2]);
const { user, file, argv, env } = JSON.parse(readFileSync(descriptor, 'utf8')) as LaunchOrder; // the daemon writes nothing else
ftruncateSync(descriptor);
const found = findAsUser();
if ('problem' in found) {
  writeSync(descriptor, found.problem, 0);
  process.exit(127);
}
closeSync(descriptor);
// Node ignores these, and so would the command; a handler is reset when it starts.
for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) process.on(signal, () => {});
process.execve?.(found.path, [...argv], { ...env });

type Found = { readonly path: string } | { readonly problem: 'ENOENT' | 'EACCES' | 'EPERM' };

function findAsUser(): Found {
  try {
    becomeUser(user);
  } catch {
    return { problem: 'EPERM' };
  }
  return findProgram();
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
