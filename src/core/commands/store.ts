import { type ExecutionStage, stageSql } from '../executions/stage.ts';
import type { Context } from '../kernel/context.ts';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import { type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage } from '../lists/compile-list.ts';
import type { ListRequest } from '../lists/list-request.ts';
import { type Command, type CommandExecution, outputOf, outputSql } from './command.ts';
import { commandExecutionList, commandList } from './command-lists.ts';
import { exitCodeSql, type StandInExitCodes } from './exit-codes.ts';

const commandColumns = rawSql(`
  runs.id, runs.args ->> 'script' as text, (runs.policy ->> 'timeoutMs')::bigint as "timeoutMs",
  runs.deadline_at as "deadlineAt", coalesce(runs.view -> 'target', runs.view -> 'targeting') as targeting,
  runs.created_at as "createdAt", encode(runs.command_sha256, 'hex') as "commandSha256", runs.caller`);

export async function findCommand(db: Queryable, ctx: Context, id: RunId): Promise<Command | undefined> {
  const [row] = await db.query<Command>(sql`
    select ${commandColumns} from runs where tenant_id = ${ctx.tenantId} and kind = 'command' and id = ${id}`);
  return row;
}

interface PageColumns {
  readonly total_count: number;
  readonly place: number | null;
}

export async function readCommandPage(
  db: Queryable,
  ctx: Context,
  request: ListRequest,
): Promise<NumberedPage<Command>> {
  const scope = sql`runs.tenant_id = ${ctx.tenantId} and runs.kind = 'command'`;
  const rows = await db.query<Command & PageColumns>(sql`
    select total.total_count, page.place, ${commandColumns}
    from ${pageOf(commandList, request, scope)}
    left join runs on runs.id = page.id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...command }) => command);
}

/** Beyond this many bytes a list shows the head and the tail of an output; the record itself has it whole. */
export const LISTED_OUTPUT_BYTES = 262_144;

const OMISSION = '\n… output omitted in lists; the record of this execution has it whole …\n';

const listedOutputSql: Sql = sql`case
  when length(output.bytes) <= ${LISTED_OUTPUT_BYTES}::int then output.bytes
  else substring(output.bytes from 1 for ${LISTED_OUTPUT_BYTES / 2}::int) || convert_to(${OMISSION}, 'UTF8')
    || substring(output.bytes from length(output.bytes) - ${LISTED_OUTPUT_BYTES / 2 - 1}::int) end`;

function executionColumns(output: Sql, exitCodes: StandInExitCodes): Sql {
  return sql`executions.id, executions.run_id as "commandId", executions.node_id as "nodeId", ${stageSql} as stage,
    runs.args ->> 'script' as "commandText", executions.timeout_ms as "timeoutMs", runs.deadline_at as "deadlineAt",
    (runs.view -> 'isForAll') = 'true' as "isForAll", runs.view ->> 'clusterName' as "clusterName",
    ${exitCodeSql(exitCodes)} as "exitCode", nullif(${output}, ''::bytea) as output, executions.sent_at as "sentAt",
    executions.finished_at as "endedAt", executions.created_at as "createdAt", executions.updated_at as "updatedAt"`;
}

export async function findCommandExecution(
  db: Queryable,
  ctx: Context,
  id: ExecutionId,
  exitCodes: StandInExitCodes,
): Promise<CommandExecution | undefined> {
  const [place] = await db.query<{ runId: RunId }>(sql`
    select run_id as "runId" from executions where tenant_id = ${ctx.tenantId} and id = ${id}`);
  if (place === undefined) return undefined;
  const [row] = await db.query<CommandExecution>(sql`
    select ${executionColumns(sql`output.bytes`, exitCodes)}
    from executions join runs on runs.id = executions.run_id and runs.kind = 'command'
    left join lateral (select ${outputOf(sql`${place.runId}::uuid`)} as bytes) as output on true
    where executions.tenant_id = ${ctx.tenantId} and executions.id = ${id}`);
  return row;
}

export async function findStage(
  db: Queryable,
  ctx: Context,
  id: ExecutionId,
): Promise<{ readonly commandId: RunId; readonly stage: ExecutionStage } | undefined> {
  const [row] = await db.query<{ commandId: RunId; stage: ExecutionStage }>(sql`
    select executions.run_id as "commandId", ${stageSql} as stage
    from executions join runs on runs.id = executions.run_id and runs.kind = 'command'
    where executions.tenant_id = ${ctx.tenantId} and executions.id = ${id}`);
  return row;
}

export async function readCommandExecutionPage(
  db: Queryable,
  ctx: Context,
  request: ListRequest,
  exitCodes: StandInExitCodes,
): Promise<NumberedPage<CommandExecution>> {
  const scope = sql`executions.tenant_id = ${ctx.tenantId}`;
  const rows = await db.query<CommandExecution & PageColumns>(sql`
    select total.total_count, page.place, ${executionColumns(listedOutputSql, exitCodes)}
    from ${pageOf(commandExecutionList(exitCodes), request, scope)}
    left join executions on executions.id = page.id
    left join runs on runs.id = executions.run_id
    left join lateral (select ${outputSql} as bytes) as output on true
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...execution }) => execution);
}

/** The number of executions of the command that have not finished; its run is locked until the transaction ends. */
export async function countUnfinished(tx: Queryable, ctx: Context, id: RunId): Promise<number | undefined> {
  const locked = await tx.query(sql`
    select from runs where tenant_id = ${ctx.tenantId} and kind = 'command' and id = ${id} for update`);
  if (locked.length === 0) return undefined;
  const [row] = await tx.query<{ count: number }>(sql`
    select count(*)::int as count from executions where run_id = ${id} and state <> 'finished'`);
  return row?.count ?? 0;
}

export async function removeCommand(tx: Queryable, ctx: Context, id: RunId): Promise<void> {
  await tx.execute(sql`delete from output_chunks where run_id = ${id}`);
  await tx.execute(sql`delete from runs where tenant_id = ${ctx.tenantId} and id = ${id}`);
}

/** Removes finished executions with their output; the target count of their runs is lowered by as many. */
export async function removeExecutions(
  tx: Queryable,
  executions: readonly Pick<CommandExecution, 'id' | 'commandId'>[],
): Promise<void> {
  const ids = executions.map(({ id }) => id);
  const runIds = [...new Set(executions.map(({ commandId }) => commandId))];
  await tx.execute(sql`
    delete from output_chunks where run_id = any (${runIds}::uuid[]) and execution_id = any (${ids}::uuid[])`);
  await tx.execute(sql`
    with removed as (
      delete from executions where id = any (${ids}::uuid[]) and state = 'finished' returning run_id
    ), counted as (
      select run_id, count(*)::int as removed_count from removed group by run_id
    )
    update runs set target_count = target_count - counted.removed_count from counted where runs.id = counted.run_id`);
}

export interface PrunableExecution {
  readonly id: ExecutionId;
  readonly commandId: RunId;
  readonly tenantId: string;
  readonly stage: ExecutionStage;
}

/** Finished executions of commands of every tenant, longest over first. */
export async function findPrunable(tx: Queryable, finishedBefore: Date, limit: number): Promise<PrunableExecution[]> {
  return tx.query<PrunableExecution>(sql`
    select executions.id, executions.run_id as "commandId", executions.tenant_id as "tenantId", ${stageSql} as stage
    from executions join runs on runs.id = executions.run_id and runs.kind = 'command'
    where executions.state = 'finished' and executions.finished_at < ${finishedBefore}
    order by executions.finished_at limit ${limit}
    for update of executions skip locked`);
}
