import type { Database, Queryable } from '../kernel/sql.ts';
import { DAY_MS, type Day } from './day.ts';
import {
  changeDays,
  type DailyTable,
  dissolveOutputDay,
  dropDay,
  forgetOutputCounts,
  isDayOpen,
  keptOutputBytes,
  listDays,
} from './store.ts';

/** Moving so much keeps writers waiting for about a second. */
const MOST_BYTES_MOVED = 64 << 20;

/**
 * Drops the days of events, and of deliveries of them, that ended before `before`, and the days of output that ended a day before that: by then runs
 * that ended on the day after their own have been forgotten too (`core/runs/forget-old-runs.ts`).
 *
 * A day of output stays while one of its executions may still write. Output of runs that are kept for longer (commands,
 * agents) moves to the default partition; when it is more than 64 MiB, the day stays.
 *
 * What is in use by something slow is left for the next time. Several controllers may do this at once.
 */
export async function dropDays(db: Database, before: Date, signal: AbortSignal): Promise<void> {
  const aDayEarlier = new Date(before.getTime() - DAY_MS);
  await dropEach(db, 'events', before, signal, (tx, day) => dropDay(tx, 'events', day));
  await dropEach(db, 'webhook_deliveries', before, signal, (tx, day) => dropDay(tx, 'webhook_deliveries', day));
  await dropEach(db, 'output_chunks', aDayEarlier, signal, dropOutput);
}

/** Metrics have a time of their own (`core/metrics/history-point.ts`), however long runs are kept. */
export async function dropMetricsDays(db: Database, before: Date, signal: AbortSignal): Promise<void> {
  await dropEach(db, 'node_metrics_history', before, signal, (tx, day) => dropDay(tx, 'node_metrics_history', day));
}

async function dropEach(
  db: Database,
  table: DailyTable,
  before: Date,
  signal: AbortSignal,
  drop: (tx: Queryable, day: Day) => Promise<void>,
): Promise<void> {
  for (const day of await endedBefore(db, table, before)) {
    if (signal.aborted) return;
    await changeDays(db, async (tx) => {
      const isThere = (await endedBefore(tx, table, before)).some(({ name }) => name === day.name);
      if (isThere) await drop(tx, day);
    });
  }
}

async function endedBefore(db: Queryable, table: DailyTable, before: Date): Promise<Day[]> {
  return (await listDays(db, table)).filter((day) => day.endsAt <= before);
}

async function dropOutput(tx: Queryable, day: Day): Promise<void> {
  if (await isDayOpen(tx, day)) return;
  await forgetOutputCounts(tx, day);
  const kept = await keptOutputBytes(tx, day);
  if (kept === 0) await dropDay(tx, 'output_chunks', day);
  else if (kept <= MOST_BYTES_MOVED) await dissolveOutputDay(tx, day);
}
