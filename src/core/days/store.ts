/**
 * Partitions of days. Who connects as the application owns no table, so functions of the owner make and drop them
 * (`migrations`): those take the name of a day and nothing else.
 */
import { isLockTimeout } from '../kernel/database-errors.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import { type Day, dayNamed } from './day.ts';

/** Tables that have a partition for each day of their ids, or of their time, and one for everything else. */
export const DAILY_TABLES = ['output_chunks', 'events', 'webhook_deliveries', 'node_metrics_history'] as const;

export type DailyTable = (typeof DAILY_TABLES)[number];

const DAYS_LOCK = 7_013_005_002n;

/**
 * Controllers change days one after the other. A lock that is not to be had within 250 ms is given up, and the change is
 * left for the next time: whoever waits for a strong lock holds up all that come behind it.
 */
export async function changeDays(db: Database, change: (tx: Queryable) => Promise<void>): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await tx.execute(sql`set local lock_timeout = '250ms'`);
      await tx.query(sql`select pg_advisory_xact_lock(${DAYS_LOCK})`);
      await change(tx);
    });
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
  }
}

/** The days of `table`, oldest first. */
export async function listDays(db: Queryable, table: DailyTable): Promise<Day[]> {
  const rows = await db.query<{ name: string }>(sql`
    select right(relname, 8) as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = to_regclass(${table}) and relname ~ ('^' || ${table}::text || '_[0-9]{8}$')
    order by relname`);
  return rows.map(({ name }) => dayNamed(name));
}

/**
 * Writers go on meanwhile: only the default partition is locked. It makes nothing when rows of that day are in there
 * already, as on the day on which the first partitions of a database are made.
 */
export async function makeDay(tx: Queryable, table: DailyTable, day: Day): Promise<void> {
  await tx.query(sql`select make_day(${table}, ${day.name}, ${day.firstId}, ${day.endId})`);
}

/** The server removes the files after it has let the locks go. */
export async function dropDay(tx: Queryable, table: DailyTable, day: Day): Promise<void> {
  await tx.query(sql`select drop_day(${table}, ${day.name})`);
}

/** Whether a run that began on that day may still write. */
export async function isDayOpen(tx: Queryable, day: Day): Promise<boolean> {
  const [open] = await tx.query(sql`
    select from executions
    where state in ('queued', 'sent', 'running') and run_id >= ${day.firstId} and run_id < ${day.endId} limit 1`);
  return open !== undefined;
}

/** How much of it each tenant has (`core/executions/bound-output.ts`); what moves to the default partition is little. */
export async function forgetOutputCounts(tx: Queryable, day: Day): Promise<void> {
  await tx.execute(sql`delete from kept_output where day = ${day.name}::date`);
}

/** Bytes of output of runs that there still are. */
export async function keptOutputBytes(tx: Queryable, day: Day): Promise<number> {
  const [kept] = await tx.query<{ bytes: number }>(sql`
    select coalesce(sum(length(data)), 0)::bigint as bytes
    from runs join output_chunks as chunk on chunk.run_id = runs.id
    where runs.id >= ${day.firstId} and runs.id < ${day.endId}
      and chunk.run_id >= ${day.firstId} and chunk.run_id < ${day.endId}`);
  return kept?.bytes ?? 0;
}

/** What is kept of the day moves to the default partition, and the day goes. */
export async function dissolveOutputDay(tx: Queryable, day: Day): Promise<void> {
  await tx.query(sql`select dissolve_output_day(${day.name})`);
}
