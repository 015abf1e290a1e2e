import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** A process, as /proc tells of it. */
export interface ProcessRow {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks after boot; with the pid it names one process for ever. */
  readonly startTicks: number;
}

/** Every process there is; empty where there is no /proc. */
export function readProcessTable(): ProcessRow[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const row = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    return row === undefined ? [] : [row];
  });
}

/** Those a process has started and that are there. */
export function readChildren(pid: number): number[] {
  return readProcessTable()
    .filter(({ parent }) => parent === pid)
    .map((row) => row.pid);
}

/** Undefined when it is gone. */
export function readProcess(pid: number): ProcessRow | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Empty when it is gone. */
export function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** proc(5): the name is in parentheses and may hold anything, so the fields are counted from the last one. */
function parseStat(pid: number, stat: string): ProcessRow {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

/** This much of an environment is read; a variable beyond it is not found. What a process is started with may be megabytes. */
const MAX_ENVIRONMENT_BYTES = 512 * 1024;

/** The value of a variable in the environment a process was started with; undefined when it may not be read. */
export function readVariable(pid: number, name: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/environ`, 'r');
    const variables = readUpTo(file, MAX_ENVIRONMENT_BYTES).split('\0');
    return variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Files of /proc do not say how long they are, and give a page at a time. */
function readUpTo(file: number, limit: number): string {
  const pieces: Buffer[] = [];
  for (let total = 0; total < limit; ) {
    const piece = Buffer.allocUnsafe(16 * 1024);
    const length = readSync(file, piece, 0, piece.length, null);
    if (length === 0) break;
    pieces.push(piece.subarray(0, length));
    total += length;
  }
  return Buffer.concat(pieces).toString();
}
