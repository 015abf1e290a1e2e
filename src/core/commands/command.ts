import type { ExecutionStage } from '../executions/stage.ts';
import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import { type Sql, sql } from '../kernel/sql.ts';

/** A run of `script.run` that waits for nodes that are away. It never changes. */
export interface Command {
  readonly id: RunId;
  readonly text: string;
  readonly timeoutMs: number | null;
  readonly deadlineAt: Date | null;
  /** As the caller wrote it. */
  readonly targeting: unknown;
  readonly createdAt: Date;
  /** SHA-256 of the text, hex; null, like the next field, in commands from before it was kept. */
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
  readonly stage: ExecutionStage;
  readonly commandText: string;
  readonly timeoutMs: number | null;
  readonly deadlineAt: Date | null;
  readonly isForAll: boolean;
  /** Only when the command was for one cluster by name. */
  readonly clusterName: string | null;
  /** With stand-ins; see `exit-codes.ts`. */
  readonly exitCode: number | null;
  /** Both streams in the order of their arrival on the host; null when there was nothing. */
  readonly output: Buffer | null;
  readonly sentAt: Date | null;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

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
