/**
 * Ending a command with everything it started. A command is the leader of a session of its own (setsid), so what belongs
 * to it first of all are the processes of that session: its group, and the groups that shells and `timeout` make in it.
 *
 * `endProcessSession` ends those and no more: when the daemon stops, what left the session by a setsid of its own has been sent
 * away on purpose. `endExecution` is for a command that was cancelled or ran too long: then nothing of it may go on, so
 * it also finds what carries the execution's id in its environment, and the children of all of these. A process that has
 * left the session, emptied its environment and lost its parent is not found.
 *
 * TERM to all of them, then a grace, then KILL. It is over when none of them lives; zombies, whose parent has not asked
 * for them, do not.
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EXECUTION_VARIABLE } from './command-environment.ts';
import { type ProcessRow, readProcessTable, readVariable } from './process-table.ts';

/** Between TERM and KILL (seed 001: 5 s). */
export const TERM_GRACE_MS = 5000;

/** How long what was killed may take to go; a process in uninterruptible sleep may take for ever. */
const KILL_PATIENCE_MS = 2000;

/** Resolves to whether everything is gone. */
export function endProcessSession(leader: number, graceMs = TERM_GRACE_MS): Promise<boolean> {
  return endAll(
    {
      signal: (signal) => signalSession(leader, signal),
      isAlive: () => isSessionAlive(leader),
    },
    graceMs,
  );
}

/** The session of `leader`, and whatever else belongs to the execution. Resolves to whether everything is gone. */
export async function endExecution(
  leader: number,
  executionId: string | undefined,
  graceMs = TERM_GRACE_MS,
): Promise<boolean> {
  if (!hasProcessTable || executionId === undefined) return endProcessSession(leader, graceMs);
  const strays = () => straysOf(leader, executionId);
  return endAll(
    {
      signal: (signal) => {
        for (const { pid } of strays()) signalProcess(pid, signal);
        signalSession(leader, signal);
      },
      isAlive: () => isSessionAlive(leader) || strays().length > 0,
    },
    graceMs,
  );
}

export function signalSession(leader: number, signal: NodeJS.Signals): void {
  const groups = new Set(livingMembers(leader).map(({ group }) => group)).add(leader);
  for (const group of groups) signalProcess(-group, signal);
}

export function isSessionAlive(leader: number): boolean {
  return hasProcessTable ? livingMembers(leader).length > 0 : signalProcess(-leader, 0);
}

interface Ending {
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly isAlive: () => boolean;
}

async function endAll({ signal, isAlive }: Ending, graceMs: number): Promise<boolean> {
  signal('SIGTERM');
  signal('SIGCONT'); // a stopped process takes its TERM when it goes on
  if (await isOver(isAlive, graceMs)) return true;
  signal('SIGKILL');
  return isOver(isAlive, KILL_PATIENCE_MS);
}

async function isOver(isAlive: () => boolean, patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 250)) {
    if (!isAlive()) return true;
    const leftMs = until - performance.now();
    if (leftMs <= 0) return false;
    await delay(Math.min(pauseMs, leftMs));
  }
}

function livingMembers(leader: number): ProcessRow[] {
  return livingProcesses().filter(({ session }) => session === leader);
}

/** What belongs to the execution and has left the session. */
function straysOf(leader: number, executionId: string): ProcessRow[] {
  const living = livingProcesses();
  const belonging = new Set(
    living
      .filter(({ pid, session }) => session === leader || readVariable(pid, EXECUTION_VARIABLE) === executionId)
      .map(({ pid }) => pid),
  );
  for (let before = 0; before < belonging.size; ) {
    before = belonging.size;
    for (const { pid, parent } of living) if (belonging.has(parent)) belonging.add(pid);
  }
  return living.filter(({ pid, session }) => session !== leader && belonging.has(pid) && pid !== process.pid);
}

function livingProcesses(): ProcessRow[] {
  return readProcessTable().filter(({ state }) => state !== 'Z' && state !== 'X');
}

const hasProcessTable = existsSync('/proc/self/stat');

/** @param target a process, or a group as a negative number. False when there is no such one. */
function signalProcess(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
