import { type Sql, sql } from '../kernel/sql.ts';

/**
 * How far one execution of a command has come, in one word. Whatever became of its process is `ended`; `cancelled` is
 * also what never ran because its node or its run was gone. The list of executions is ordered by these words.
 */
export const EXECUTION_STAGES = ['cancelled', 'ended', 'expired', 'queued', 'sent'] as const;

export type ExecutionStage = (typeof EXECUTION_STAGES)[number];

/** The stage of a row of `executions`. */
export const stageSql: Sql = sql`case
  when executions.state = 'queued' then 'queued'
  when executions.state in ('sent', 'running') then 'sent'
  when executions.outcome = 'expired' then 'expired'
  when executions.outcome in ('cancelled', 'not_started', 'lost') then 'cancelled'
  else 'ended' end`;

/** The same word as a condition on the columns themselves, which the database can tell the likelihood of. */
export function hasStage(stage: ExecutionStage): Sql {
  switch (stage) {
    case 'queued':
      return sql`executions.state = 'queued'`;
    case 'sent':
      return sql`executions.state in ('sent', 'running')`;
    case 'expired':
      return sql`(executions.state = 'finished' and executions.outcome = 'expired')`;
    case 'cancelled':
      return sql`(executions.state = 'finished' and executions.outcome in ('cancelled', 'not_started', 'lost'))`;
    case 'ended':
      return sql`(executions.state = 'finished' and executions.outcome not in ('expired', 'cancelled', 'not_started', 'lost'))`;
  }
}

export function isOver(stage: ExecutionStage): boolean {
  return stage !== 'queued' && stage !== 'sent';
}
