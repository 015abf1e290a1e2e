import { setTimeout as delay } from 'node:timers/promises';
import type { SelfUpdate } from '#client/edge-admin/wire.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { describeProgress, showUpdate } from './show-update.ts';

/** Between two looks, in milliseconds. */
const PACE_MS = 1_000;

/**
 * Looks until every node of the request runs the version or has come to no good, and tells each change. A request is
 * completed before that, when its nodes have accepted the order; this goes on.
 */
export async function watchUpdate(invocation: Invocation, id: string, paceMs = PACE_MS): Promise<ExitCode> {
  const client = await invocation.edgeAdmin();
  const leaving = new AbortController();
  const stopListening = invocation.terminal.onInterrupt(() => leaving.abort());
  let told = '';
  try {
    for (;;) {
      const update = await client.selfUpdate(id);
      const line = describeProgress(update);
      if (line !== told && invocation.format === 'table') invocation.note(line);
      told = line;
      if (isOver(update)) {
        await showUpdate(invocation, update);
        return exitCodeOf(update);
      }
      await delay(paceMs, undefined, { signal: leaving.signal });
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    invocation.note(`left; it goes on. garrison updates watch ${id} comes back to it`);
    return ExitCode.ok;
  } finally {
    stopListening();
  }
}

function isOver({ status, progress }: SelfUpdate): boolean {
  return status === 'completed' && (progress?.waiting ?? 0) + (progress?.under_way ?? 0) === 0;
}

/** No node was meant, or one of them is not where it should be. */
function exitCodeOf({ summary, progress }: SelfUpdate): ExitCode {
  if (summary?.total === 0) return ExitCode.unavailable;
  return (progress?.failed ?? 0) > 0 ? ExitCode.failed : ExitCode.ok;
}
