import { DAY_MS } from '../days/day.ts';
import { type Database, sql } from '../kernel/sql.ts';

const AT_A_TIME = 10_000;

/**
 * Removes the counters of subjects of which nothing was told since a day before `before`, and since a day before the oldest event
 * that is still kept: what is told of such a subject later is number 1 again, and nobody has a higher number to hold
 * against it. `written_at` is behind by an hour at most, which these days have room for. In small statements; controllers
 * that do it at the same time share the work.
 */
export async function forgetSubjects(db: Database, before: Date, signal: AbortSignal): Promise<void> {
  const [oldest] = await db.query<{ createdAt: Date }>(sql`
    select created_at as "createdAt" from events order by id limit 1`);
  const end = Math.min(before.getTime(), oldest?.createdAt.getTime() ?? Number.POSITIVE_INFINITY);
  const silentSince = new Date(end - DAY_MS);
  while (!signal.aborted && (await forget(db, silentSince)) === AT_A_TIME);
}

function forget(db: Database, silentSince: Date): Promise<number> {
  return db.execute(sql`
    delete from event_subjects where (tenant_id, subject) in (
      select tenant_id, subject from event_subjects where written_at < ${silentSince}
      limit ${AT_A_TIME} for update skip locked)`);
}
