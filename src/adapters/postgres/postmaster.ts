import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * What a data directory says of a server that ran or runs on it. `postmaster.pid` outlives a killed server, and pids
 * are used again: only a live process that is a postgres on our directory counts.
 */
export type FormerServer =
  | { readonly kind: 'none' }
  /** A server of ours whose owner has died: our lock on the directory proves that it has none. */
  | { readonly kind: 'orphan'; readonly pid: number }
  /** The pid now belongs to another program: PostgreSQL would refuse to start because of the file. */
  | { readonly kind: 'stale'; readonly pid: number };

export async function findLeftover(dataDir: string): Promise<FormerServer> {
  const pid = await readServerPid(dataDir);
  if (pid === undefined || !signal(pid, 0)) return { kind: 'none' };
  return { kind: (await isServerOf(pid, dataDir)) ? 'orphan' : 'stale', pid };
}

/**
 * Makes the directory free: stops an orphan, removes a file that points to somebody else's process, and ends what a
 * killed server left behind. Its backends notice by themselves unless they are busy; one that goes on holds the shared
 * memory, and a new server would refuse to start.
 */
export async function clearLeftover(dataDir: string): Promise<FormerServer> {
  const leftover = await findLeftover(dataDir);
  if (leftover.kind === 'orphan') await stopProcess(leftover.pid);
  if (leftover.kind === 'stale') await rm(join(dataDir, 'postmaster.pid'), { force: true });
  for (const pid of await processesIn(dataDir)) signal(pid, 'SIGKILL');
  return leftover;
}

/** Processes whose working directory this is: the server's, and nobody else's. Linux only; elsewhere they are waited for. */
async function processesIn(directory: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const homes = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  const words = await Promise.all(pids.map((pid, index) => (homes[index] === directory ? commandLine(pid) : [])));
  return pids.filter((_, index) => words[index]?.[0]?.startsWith('postgres:'));
}

/** Fast shutdown (clients are cut off, a checkpoint is written), then immediate, then KILL: all are crash-safe. */
export async function stopProcess(pid: number, patienceMs = { fast: 30_000, immediate: 5_000 }): Promise<void> {
  if (signal(pid, 'SIGINT') && (await isGoneWithin(pid, patienceMs.fast))) return;
  if (signal(pid, 'SIGQUIT') && (await isGoneWithin(pid, patienceMs.immediate))) return;
  signal(pid, 'SIGKILL');
  await isGoneWithin(pid, 5_000);
}

/** A zombie has ended: only its parent has not looked yet. */
export function isAlive(pid: number): boolean {
  if (!signal(pid, 0)) return false;
  if (process.platform !== 'linux') return true;
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // gone in between
  }
}

/** Pid in `postmaster.pid`, whoever it belongs to now. */
export async function readServerPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n', 1)[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** A server works in its directory. Where that cannot be seen, its command line has to name it. */
async function isServerOf(pid: number, dataDir: string): Promise<boolean> {
  const words = await commandLine(pid);
  if (!/(^|\/)postgres$/.test(words[0] ?? '')) return false;
  const home = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return home === dataDir || words.includes(dataDir);
}

/** Words of a process's command line; empty when it has gone. */
async function commandLine(pid: number): Promise<string[]> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  }
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.trim().split(' ');
}

/** False when there is no such process. 0 only asks. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is there and not ours
  }
}

async function isGoneWithin(pid: number, patienceMs: number): Promise<boolean> {
  for (const giveUpAt = Date.now() + patienceMs; Date.now() < giveUpAt; await delay(10)) {
    if (!isAlive(pid)) return true;
  }
  return !isAlive(pid);
}
