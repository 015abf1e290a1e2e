import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import { type Sql, sql } from '../kernel/sql.ts';

/** A run of `script.run` that waits for nodes that are away (seed 001). It never changes. */
export interface Command {
  readonly id: RunId;
  readonly text: string;
  readonly timeoutMs: number | null;
  readonly deadlineAt: Date | null;
  /** As the caller wrote it. */
  readonly targeting: unknown;
  readonly createdAt: Date;
  /** Of the text, hex; null in commands of before it was kept, as the next. */
  readonly commandSha256: string | null;
  /** Name of who created it. */
  readonly caller: string | null;
}

/** One execution of a command, with what it repeats of it. */
export interface CommandExecution {
  readonly id: ExecutionId;
  readonly commandId: RunId;
  /** Null once the node is deleted. */
  readonly nodeId: NodeId | null;
  readonly status: CommandStatus;
  readonly commandText: string;
  readonly timeoutMs: number | null;
  readonly deadlineAt: Date | null;
  readonly isForAll: boolean;
  /** Only when the command was for one cluster by name. */
  readonly clusterName: string | null;
  readonly exitCode: number | null;
  /** Both streams in the order of their arrival on the host; null when there was nothing. */
  readonly output: Buffer | null;
  readonly sentAt: Date | null;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const COMMAND_STATUSES = ['pending', 'sent', 'completed', 'cancelled', 'expired'] as const;

export type CommandStatus = (typeof COMMAND_STATUSES)[number];

/** What the row of `executions` is called here: whatever became of a process is `completed`, with an exit code that tells the rest. */
export const statusSql: Sql = sql`case
  when executions.state = 'queued' then 'pending'
  when executions.state in ('sent', 'running') then 'sent'
  when executions.outcome = 'expired' then 'expired'
  when executions.outcome in ('cancelled', 'not_started', 'lost') then 'cancelled'
  else 'completed' end`;

/** The same word as a condition on the columns themselves, which the database can tell the likelihood of. */
export function hasStatus(status: CommandStatus): Sql {
  switch (status) {
    case 'pending':
      return sql`executions.state = 'queued'`;
    case 'sent':
      return sql`executions.state in ('sent', 'running')`;
    case 'expired':
      return sql`(executions.state = 'finished' and executions.outcome = 'expired')`;
    case 'cancelled':
      return sql`(executions.state = 'finished' and executions.outcome in ('cancelled', 'not_started', 'lost'))`;
    case 'completed':
      return sql`(executions.state = 'finished' and executions.outcome not in ('expired', 'cancelled', 'not_started', 'lost'))`;
  }
}

/** As `timeout(1)` and shells have it: ran out of time; ended by TERM; could not be run or did not live to tell. */
const TIMED_OUT = 124;
const TERMINATED = 143;
const UNKNOWN = 1;

/** The exit code of the process; where we ended it or there was none, the one that says so. */
export const exitCodeSql: Sql = sql`case
  when executions.outcome = 'timed_out' then ${TIMED_OUT}::int
  when executions.outcome = 'cancelled' and executions.sent_at is not null then ${TERMINATED}::int
  when executions.outcome in ('failed', 'interrupted') then coalesce(executions.exit_code, ${UNKNOWN}::int)
  else executions.exit_code end`;

/** What kept it from running, where no process tells: there is no other field to say it in. */
const messageSql: Sql = sql`case
  when executions.outcome in ('failed', 'interrupted') and executions.exit_code is null
  then coalesce(executions.error_message, '') else '' end`;

/**
 * Both streams in order, as bytes; empty when there is nothing. A run that is known by its value spares the server planning
 * for every day that there is.
 */
export function outputOf(runId: Sql): Sql {
  return sql`(coalesce((
    select string_agg(output_chunks.data, ''::bytea order by output_chunks.ordinal)
    from output_chunks where output_chunks.run_id = ${runId} and output_chunks.execution_id = executions.id
  ), ''::bytea) || convert_to(${messageSql}, 'UTF8'))`;
}

export const outputSql: Sql = outputOf(sql`executions.run_id`);

export const hasOutputSql: Sql = sql`executions.output_chunks > 0 or ${messageSql} <> ''`;
