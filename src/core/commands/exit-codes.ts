import { type Sql, sql } from '../kernel/sql.ts';

/** Which exit codes a surface shows where no process of the host has told one of its own. */
export interface StandInExitCodes {
  /** It ran out of time. */
  readonly timedOut: number;
  /** It was cancelled after it had been sent. */
  readonly cancelled: number;
  /** It could not be run, or did not live to tell. */
  readonly unknown: number;
}

/** The exit code of the process; where we ended it or there was none, the one that stands in for it. */
export function exitCodeSql({ timedOut, cancelled, unknown }: StandInExitCodes): Sql {
  return sql`case
    when executions.outcome = 'timed_out' then ${timedOut}::int
    when executions.outcome = 'cancelled' and executions.sent_at is not null then ${cancelled}::int
    when executions.outcome in ('failed', 'interrupted') then coalesce(executions.exit_code, ${unknown}::int)
    else executions.exit_code end`;
}
