import type { Clock } from '../kernel/clock.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { DAY_MS, type Day, dayOf } from './day.ts';
import { changeDays, DAILY_TABLES, type DailyTable, listDays, makeDay } from './store.ts';

/** So many days a backup or a stopped controller may keep new ones from being made. */
const DAYS_AHEAD = 7;

export interface MakeDaysDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/**
 * Makes the partitions of today and of the days ahead. What is in use by something slow (a backup) is left for the next
 * time; rows of a day without a partition go to the default one and are found there like any other.
 */
export async function makeDays({ db, clock }: MakeDaysDeps): Promise<void> {
  const wanted = Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => dayOf(new Date(clock.millis() + ahead * DAY_MS)));
  for (const table of DAILY_TABLES) {
    for (const day of await missing(db, table, wanted)) {
      await changeDays(db, async (tx) => {
        for (const still of await missing(tx, table, [day])) await makeDay(tx, table, still);
      });
    }
  }
}

async function missing(db: Queryable, table: DailyTable, wanted: readonly Day[]): Promise<Day[]> {
  const found = new Set((await listDays(db, table)).map(({ name }) => name));
  return wanted.filter(({ name }) => !found.has(name));
}
