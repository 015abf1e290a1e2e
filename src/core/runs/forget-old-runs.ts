import { type Database, type Queryable, sql } from '../kernel/sql.ts';

const RUNS_AT_A_TIME = 50;
const EVENTS_AT_A_TIME = 10_000;

/**
 * Removes fleet runs that ended before `before`, with their executions, and what the default partitions hold of their
 * output and of events of that age. All else of it goes with its day (`core/days/drop-days.ts`) and is found by nobody
 * until then. In small transactions; controllers that do it at the same time share the work. Commands have rules of
 * their own (`core/commands/prune-executions.ts`).
 */
export async function forgetOldRuns(db: Database, before: Date, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await db.transaction((tx) => forgetRuns(tx, before))) === RUNS_AT_A_TIME);
  while (!signal.aborted && (await forgetEvents(db, before)) === EVENTS_AT_A_TIME);
}

async function forgetRuns(tx: Queryable, before: Date): Promise<number> {
  const old = await tx.query<{ id: string }>(sql`
    select id from runs where kind = 'fleet' and state = 'finished' and ended_at < ${before}
    order by ended_at limit ${RUNS_AT_A_TIME} for update skip locked`);
  const ids = old.map(({ id }) => id);
  await tx.execute(sql`delete from output_chunks_default where run_id = any (${ids}::uuid[])`);
  await tx.execute(sql`delete from runs where id = any (${ids}::uuid[])`);
  return ids.length;
}

function forgetEvents(db: Queryable, before: Date): Promise<number> {
  return db.execute(sql`
    delete from events_default where id in (
      select id from events_default where created_at < ${before} order by created_at limit ${EVENTS_AT_A_TIME} for update skip locked)`);
}
