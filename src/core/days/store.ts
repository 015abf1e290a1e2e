/** Partitions of days: DDL and what the catalogs say of it. */
import { isLockTimeout } from '../kernel/database-errors.ts';
import { type Database, type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { type Day, dayNamed } from './day.ts';

/** Tables that have a partition for each day, by the id they are partitioned by, and one for everything else. */
export const DAILY_TABLES = { output_chunks: 'run_id', events: 'id' } as const;

export type DailyTable = keyof typeof DAILY_TABLES;

const DAYS_LOCK = 7_013_005_002n;

/**
 * Controllers change days one after the other. A lock that is not to be had within 250 ms is given up, and the change is
 * left for the next time: whoever waits for a strong lock holds up all who come behind him.
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
  const [parent, rest, key] = [rawSql(table), rawSql(`${table}_default`), rawSql(DAILY_TABLES[table])];
  const [found] = await tx.query(sql`
    select from ${rest} where ${key} >= ${day.firstId} and ${key} < ${day.endId} limit 1`);
  if (found !== undefined) return;
  const partition = partitionOf(table, day);
  await tx.execute(sql`create table ${partition} (like ${parent} including all)`);
  await tx.execute(sql`
    alter table ${parent} attach partition ${partition}
    for values from (${rawSql(`'${day.firstId}'`)}) to (${rawSql(`'${day.endId}'`)})`);
}

/** The server removes the files after it has let the locks go. */
export async function dropDay(tx: Queryable, table: DailyTable, day: Day): Promise<void> {
  await tx.execute(sql`drop table ${partitionOf(table, day)}`);
}

/** Whether a run that began on that day may still write. */
export async function isDayOpen(tx: Queryable, day: Day): Promise<boolean> {
  const [open] = await tx.query(sql`
    select from executions
    where state in ('queued', 'sent', 'running') and run_id >= ${day.firstId} and run_id < ${day.endId} limit 1`);
  return open !== undefined;
}

/** Bytes of output of runs that there still are. */
export async function keptOutputBytes(tx: Queryable, day: Day): Promise<number> {
  const [kept] = await tx.query<{ bytes: number }>(sql`
    select coalesce(sum(length(data)), 0)::bigint as bytes
    from runs join ${partitionOf('output_chunks', day)} as chunk on chunk.run_id = runs.id
    where runs.id >= ${day.firstId} and runs.id < ${day.endId}`);
  return kept?.bytes ?? 0;
}

/** What is kept of the day moves to the default partition, and the day goes. */
export async function dissolveOutputDay(tx: Queryable, day: Day): Promise<void> {
  const partition = partitionOf('output_chunks', day);
  await tx.execute(sql`alter table output_chunks detach partition ${partition}`);
  await tx.execute(sql`
    insert into output_chunks_default select chunk.* from ${partition} as chunk join runs on runs.id = chunk.run_id`);
  await dropDay(tx, 'output_chunks', day);
}

function partitionOf(table: DailyTable, day: Day) {
  return rawSql(`${table}_${day.name}`);
}
