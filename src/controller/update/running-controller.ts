/** The controller that runs on this machine, as the kernel shows it: which program it is, and who keeps it running. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunningController {
  readonly pid: number;
  /** The release it was started from, without links. */
  readonly root: string;
  /** What its settings may come from. */
  readonly env: Readonly<Record<string, string>>;
  /** The supervisor of `garrison controller --supervised`; undefined where something else started it. */
  readonly supervisor: number | undefined;
}

const PROGRAM = '/bin/garrison';
const TERM_WITHIN_MS = 45_000;
const LOOK_EVERY_MS = 200;

/** Undefined: none has this data directory at the moment. */
export function findRunningController(dataDir: string): RunningController | undefined {
  const pid = ownerOf(dataDir);
  const program = pid === undefined ? undefined : argumentsOf(pid)?.find((argument) => argument.endsWith(PROGRAM));
  if (pid === undefined || program === undefined) return undefined;
  const parent = parentOf(pid);
  const supervisor = parent !== undefined && isSupervisor(parent) ? parent : undefined;
  return { pid, root: program.slice(0, -PROGRAM.length), env: environmentOf(pid), supervisor };
}

export function isSupervisor(pid: number): boolean {
  return argumentsOf(pid)?.[1]?.endsWith('supervise') ?? false;
}

/** Ends what the supervisor keeps running, by TERM, and by KILL what does not heed that; it is started again by the supervisor. */
export async function restartSupervised(supervisor: number): Promise<void> {
  const running = childrenOf(supervisor);
  for (const pid of running) signal(pid, 'SIGTERM');
  const deadline = performance.now() + TERM_WITHIN_MS;
  while (running.some((pid) => parentOf(pid) === supervisor)) {
    if (performance.now() > deadline) for (const pid of running) signal(pid, 'SIGKILL');
    await delay(LOOK_EVERY_MS);
  }
}

function ownerOf(dataDir: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8')) as { pid?: unknown }; // looked at below
    return Number.isSafeInteger(pid) ? (pid as number) : undefined; // an integer
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended
  }
}

function argumentsOf(pid: number): string[] | undefined {
  return read(`/proc/${pid}/cmdline`)?.split('\0').slice(0, -1);
}

/** What stands behind the name of the program, which may hold anything. */
function parentOf(pid: number): number | undefined {
  const status = read(`/proc/${pid}/stat`);
  const [state, parent] = status?.slice(status.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === undefined || state === 'Z' || parent === undefined ? undefined : Number(parent);
}

function childrenOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return children.split(' ').filter(Boolean).map(Number);
}

export function environmentOf(pid: number): Record<string, string> {
  const lines = read(`/proc/${pid}/environ`)?.split('\0') ?? [];
  return Object.fromEntries(
    lines.flatMap((line) =>
      line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
    ),
  );
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
