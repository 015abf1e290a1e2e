/**
 * Somebody who reads a pipe to its end for nothing: what a command left behind goes on writing to it, and would die of
 * SIGPIPE if nobody read. It is a `cat` of its own session, so it outlives the daemon, takes a few hundred kilobytes, and
 * ends with the last writer. Nothing is kept of what is written.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * @param readEnd stays the caller's, who must not read it any more and close it: the flags of an open file are shared.
 * @returns whether it is read from now on
 */
export function drainPipe(readEnd: number): boolean {
  const child = spawn('cat', [], { cwd: '/', detached: true, stdio: [readEnd, 'ignore', 'ignore'] });
  child.on('error', () => {}); // no pid says so
  child.unref();
  return child.pid !== undefined;
}

/**
 * Drains the pipes of a life of the daemon that was killed while commands ran, wherever somebody still writes to one and
 * nobody reads. Until then those who write are held up and do not die, because they hold a reading end themselves.
 * @param directory where the pipes had their names
 * @returns how many
 */
export function drainOrphans(directory: string): number {
  const seen = new Set<number>();
  let drained = 0;
  for (const [path, isReader] of holdersOf(directory)) {
    const pipe = openPipe(path);
    if (pipe === undefined) continue;
    const { ino } = fstatSync(pipe);
    if (!isReader && !seen.has(ino) && drainPipe(pipe)) drained += 1;
    seen.add(ino);
    closeSync(pipe);
  }
  return drained;
}

/** Descriptors of all processes on pipes of ours, those that only read first: what they read needs nobody else. */
function holdersOf(directory: string): [path: string, isReader: boolean][] {
  const held = list('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => list(`/proc/${pid}/fd`).map((descriptor) => [pid, descriptor] as const))
    .filter(([pid, descriptor]) => targetOf(`/proc/${pid}/fd/${descriptor}`).startsWith(`${directory}/`))
    .map(([pid, descriptor]): [string, boolean] => [
      `/proc/${pid}/fd/${descriptor}`,
      isReadOnly(`/proc/${pid}/fdinfo/${descriptor}`),
    ]);
  return held.sort(([, a], [, b]) => Number(b) - Number(a));
}

function isReadOnly(information: string): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(information, 'latin1'))?.[1] ?? '';
    return (Number.parseInt(flags, 8) & 3) === constants.O_RDONLY;
  } catch {
    return false;
  }
}

/** Without waiting for a writer. */
function openPipe(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined; // its holder is gone
  }
}

/** The name alone: what it stands for is not touched. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
