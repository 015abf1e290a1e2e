import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessMark } from '../../journal/journal.ts';
import { EXECUTION_VARIABLE } from './command-environment.ts';
import { isSessionAlive, signalSession, TERM_GRACE_MS } from './end-session.ts';
import { type ProcessRow, readProcessTable, readVariable } from './process-table.ts';

/** An execution that a former life of the daemon started and did not see the end of. */
export interface Leftover {
  readonly executionId: string;
  readonly mark: ProcessMark | undefined;
}

/**
 * Ends what a killed daemon left running. A process is only taken for one of ours when it is proven: by pid and start
 * time together, or by the execution id in its environment; a pid alone may have been given to somebody else since.
 * Resolves to how many commands there were.
 */
export async function endLeftovers(leftovers: readonly Leftover[], graceMs = TERM_GRACE_MS): Promise<number> {
  if (leftovers.length === 0) return 0;
  const leaders = findLeaders(leftovers);
  for (const leader of leaders) {
    signalSession(leader, 'SIGTERM');
    signalSession(leader, 'SIGCONT');
  }
  const until = performance.now() + graceMs;
  while (leaders.some(isSessionAlive) && performance.now() < until) await delay(20);
  for (const leader of leaders) if (isSessionAlive(leader)) signalSession(leader, 'SIGKILL');
  return leaders.length;
}

function findLeaders(leftovers: readonly Leftover[]): number[] {
  const rows = readProcessTable();
  return leftovers.flatMap(({ executionId, mark }) => {
    const sessions = new Set(rows.filter((row) => isMemberOf(row, mark, executionId)).map(({ session }) => session));
    return [...sessions];
  });
}

function isMemberOf(row: ProcessRow, mark: ProcessMark | undefined, executionId: string): boolean {
  if (row.state === 'Z') return false;
  if (mark === undefined) return row.session === row.pid && readVariable(row.pid, EXECUTION_VARIABLE) === executionId;
  if (row.session !== mark.pid) return false;
  if (row.pid === mark.pid && mark.startTicks > 0) return row.startTicks === mark.startTicks;
  return readVariable(row.pid, EXECUTION_VARIABLE) === executionId;
}
