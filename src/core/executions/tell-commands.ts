import { preparedSql, type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import { stageSql } from './stage.ts';

/** The facts about the row of `executions`, with the rows of its run, its node and its cluster. */
const facts = sql`jsonb_build_object(
  'executionId', executions.id, 'commandId', executions.run_id, 'nodeId', executions.node_id,
  'clusterName', clusters.name, 'commandText', coalesce(runs.command, ''),
  'timeoutMs', executions.timeout_ms, 'stage', ${stageSql}, 'outcome', executions.outcome,
  'exitCode', executions.exit_code, 'isForAll', (runs.view -> 'isForAll') = 'true', 'deadlineAt', runs.deadline_at,
  'sentAt', executions.sent_at, 'endedAt', executions.finished_at, 'createdAt', executions.created_at,
  'updatedAt', executions.updated_at)`;

/** How many events there have been of an execution when it has got so far. They need no counter: the row itself is one. */
const whenSent = sql`2`;
const whenEnded = sql`(case when executions.sent_at is null then 2 else 3 end)`;

const endType = sql`case
  when executions.outcome = 'expired' then 'command_execution.expired'
  when executions.outcome in ('cancelled', 'not_started', 'lost') then 'command_execution.cancelled'
  else 'command_execution.completed' end`;

function told(type: Sql, sequence: Sql): Sql {
  return sql`new_id(), executions.tenant_id, ${type}, executions.id::text, ${facts}, ${sequence}`;
}

const INSERT = rawSql('insert into events (id, tenant_id, type, subject, data, sequence)');

const ofCommands = rawSql(`join runs on runs.id = executions.run_id and runs.kind = 'command'
  left join nodes on nodes.id = executions.node_id left join clusters on clusters.id = nodes.cluster_id`);

/** Tells of the executions of a command that were just written, and of those of them that are on their way. */
export async function tellCreatedOfCommand(tx: Queryable, runId: string): Promise<void> {
  await tx.execute(preparedSql`
    ${INSERT} select ${told(sql`'command_execution.created'`, sql`1`)}
    from executions ${ofCommands} where executions.run_id = ${runId} order by executions.position`);
  await tx.execute(preparedSql`
    ${INSERT} select ${told(sql`'command_execution.sent'`, whenSent)}
    from executions ${ofCommands} where executions.run_id = ${runId} and executions.state = 'sent' order by executions.position`);
}

/** Part of the statement that sends: tells of those of commands in `sent`, rows of `executions` that say whether they are new. */
export function tellSent(sent: Sql): Sql {
  return sql`${INSERT} select ${told(sql`'command_execution.sent'`, whenSent)}
    from ${sent} as executions ${ofCommands} where executions.is_new`;
}

/** Tells that these have ended; of those of commands in the words of commands first. */
export async function tellEnds(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute(preparedSql`
    ${INSERT} select ${told(endType, whenEnded)}
    from executions ${ofCommands} where executions.id = any (${ids}::uuid[])
    union all
    select new_id(), executions.tenant_id, 'execution.finished', executions.id::text,
      jsonb_build_object('runId', executions.run_id, 'nodeId', executions.node_id, 'outcome', executions.outcome),
      case runs.kind when 'command' then ${whenEnded} + 1 else 1 end
    from executions join runs on runs.id = executions.run_id where executions.id = any (${ids}::uuid[])`);
}

/** Tells of executions of commands that are about to be removed. */
export async function tellPruned(tx: Queryable, ids: readonly string[]): Promise<void> {
  await tx.execute(preparedSql`
    ${INSERT} select ${told(sql`'command_execution.pruned'`, sql`${whenEnded} + 2`)}
    from executions ${ofCommands} where executions.id = any (${ids}::uuid[])`);
}
