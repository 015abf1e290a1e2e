import type { Clock } from '../kernel/clock.ts';
import type { Queryable } from '../kernel/sql.ts';
import { HISTORY, RECENT, slotOf } from './history-point.ts';
import { isSummarised, removeRecent, summarise } from './history-store.ts';

/** Reports that were taken in a slot are written this long after it at the latest. */
const WRITTEN_WITHIN_MS = 30_000;
/** So many long slots that have ended are made up for, after a time without a controller: all that the short ones hold. */
const SLOTS_BACK = RECENT.keptMs / HISTORY.slotMs - 1;
const REMOVED_AT_ONCE = 10_000;

/**
 * Makes long slots of the short ones, and removes the short ones that are older than an hour. A slot that has rows is done;
 * whoever comes second writes nothing. Days of long slots are dropped with `core/days/drop-days.ts`.
 */
export async function keepHistory(
  { db, clock }: { readonly db: Queryable; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const endedMs = slotOf(clock.millis() - WRITTEN_WITHIN_MS, HISTORY.slotMs).getTime();
  for (let back = SLOTS_BACK; back > 0 && !signal.aborted; back--) {
    const at = new Date(endedMs - back * HISTORY.slotMs);
    if (!(await isSummarised(db, at))) await summarise(db, at, new Date(at.getTime() + HISTORY.slotMs));
  }
  const before = new Date(clock.millis() - RECENT.keptMs);
  let removed = REMOVED_AT_ONCE;
  while (removed === REMOVED_AT_ONCE && !signal.aborted) removed = await removeRecent(db, before, REMOVED_AT_ONCE);
}
