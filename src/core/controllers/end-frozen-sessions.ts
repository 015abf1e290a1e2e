import { type Queryable, sql } from '../kernel/sql.ts';

/**
 * A controller can stand still (stopped, frozen with its machine) when it has sent half of a statement: a batch of output is
 * megabytes long. The server waits for the rest with the locks of the transaction held, and none of its time limits runs
 * while it reads. Any other controller ends such a session of the same role: nothing of it has happened, and whoever held it
 * tries again when it goes on.
 *
 * COPY (backup, restore) waits for its client lawfully, under other names of the application.
 *
 * @returns how many sessions were ended
 */
export async function endFrozenSessions(db: Queryable, { afterMs = 4_000 } = {}): Promise<number> {
  const rows = await db.query<{ ended: boolean }>(sql`
    select pg_terminate_backend(pid) as ended from pg_stat_activity
    where datname = current_database() and usename = current_user and application_name = 'garrison'
      and state = 'active' and wait_event = 'ClientRead' and pid <> pg_backend_pid()
      and greatest(xact_start, query_start, state_change) < clock_timestamp() - make_interval(secs => ${afterMs / 1000})`);
  return rows.filter(({ ended }) => ended).length;
}
