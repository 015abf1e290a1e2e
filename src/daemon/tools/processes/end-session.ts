/**
 * Ending a command with everything it started. A command is the leader of a session of its own (setsid), so what belongs
 * to it are the processes of that session: its group, and the groups that shells and `timeout` make within it. What left
 * the session by a setsid of its own has been sent away on purpose and is left alone.
 *
 * TERM to all of them, then a grace, then KILL. It is over when nothing of the session lives; zombies, whose parent has
 * not asked for them, do not.
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcessTable } from './process-table.ts';

/** Between TERM and KILL (seed 001: 5 s). */
export const TERM_GRACE_MS = 5000;

/** How long what was killed may take to go; a process in uninterruptible sleep may take for ever. */
const KILL_PATIENCE_MS = 2000;

/** Resolves to whether everything is gone. */
export async function endSession(leader: number, graceMs = TERM_GRACE_MS): Promise<boolean> {
  signalSession(leader, 'SIGTERM');
  signalSession(leader, 'SIGCONT'); // a stopped process takes its TERM when it goes on
  if (await isOver(leader, graceMs)) return true;
  signalSession(leader, 'SIGKILL');
  return isOver(leader, KILL_PATIENCE_MS);
}

export function signalSession(leader: number, signal: NodeJS.Signals): void {
  const groups = new Set(livingMembers(leader).map(({ group }) => group)).add(leader);
  for (const group of groups) signalGroup(group, signal);
}

export function isSessionAlive(leader: number): boolean {
  return hasProcessTable ? livingMembers(leader).length > 0 : signalGroup(leader, 0);
}

async function isOver(leader: number, patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 250)) {
    if (!isSessionAlive(leader)) return true;
    const leftMs = until - performance.now();
    if (leftMs <= 0) return false;
    await delay(Math.min(pauseMs, leftMs));
  }
}

function livingMembers(leader: number) {
  return readProcessTable().filter(({ session, state }) => session === leader && state !== 'Z' && state !== 'X');
}

const hasProcessTable = existsSync('/proc/self/stat');

/** False when there is no such group. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
