import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { OwnFileSystems } from '../hangs/own-file-systems.ts';

/** Scripts whose interpreter is a script, as many as Linux takes. */
const MAX_INTERPRETERS = 5;

export interface ProgramToStart {
  readonly file: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Whether starting it touches no file system but those the daemon depends on: where it is, what runs it, where it runs. */
export function isNear({ file, cwd, env }: ProgramToStart, own: OwnFileSystems): boolean {
  if (!own.hold(cwd)) return false;
  const candidates = file.includes('/')
    ? [file]
    : (env.PATH ?? '').split(':').map((directory) => join(directory, file));
  for (const candidate of candidates) {
    const path = isAbsolute(candidate) ? candidate : join(cwd, candidate);
    if (!own.hold(path)) return false;
    if (isFile(path)) return interpreterIsNear(path, own);
  }
  return true;
}

function interpreterIsNear(program: string, own: OwnFileSystems): boolean {
  let path = program;
  for (let depth = 0; depth < MAX_INTERPRETERS; depth++) {
    const interpreter = interpreterOf(path);
    if (interpreter === undefined) return true;
    if (!own.hold(interpreter)) return false;
    path = interpreter;
  }
  return true;
}

/** Returns the interpreter that a script names, see execve(2). */
function interpreterOf(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const head = Buffer.alloc(256);
    const text = head.toString('latin1', 0, readSync(file, head, 0, head.length, 0));
    return /^#![ \t]*(\/[^\s]+)/.exec(text)?.[1];
  } catch {
    return undefined; // it may be executed and not read: no script then
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
