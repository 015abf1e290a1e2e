import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import { preparedSql, type Queryable, sql } from '../kernel/sql.ts';
import type { ExecutionState } from './execution.ts';
import { tellSent } from './tell-commands.ts';

/** What a session keeps of an execution that is not over. */
export interface OpenExecution {
  readonly id: ExecutionId;
  readonly runId: RunId;
  readonly nodeId: NodeId;
  readonly tool: string;
  readonly state: ExecutionState;
  /** The number of chunks of its output that are stored already. */
  readonly outputChunks: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly isCancelRequested: boolean;
}

/** What a node gets to do. */
export interface DeliverableExecution extends OpenExecution {
  readonly argsJson: string;
  readonly timeoutMs: number | null;
  readonly deadlineAt: Date | null;
}

/**
 * Marks what is released and queued for these nodes as sent, on the sessions this controller holds, and returns it
 * together with what had been sent before and is not finished. At most `limitPerNode` each, oldest first; as sessions
 * open, all that had been sent, however much: what a node has and is not told here is taken for over.
 */
export async function takeDeliverable(
  db: Queryable,
  asked: {
    readonly controllerId: string;
    readonly nodeIds: readonly NodeId[];
    readonly limitPerNode: number;
    readonly isOpening: boolean;
  },
): Promise<OpenExecution[]> {
  const { controllerId, nodeIds, limitPerNode, isOpening } = asked;
  const rows = await db.query<OpenRow>(preparedSql`
    with due as (
      select queued.id, nodes.session_epoch, queued.state = 'queued' as is_new
      from nodes
      cross join lateral (
        select id, state from executions
        where executions.node_id = nodes.id and executions.state in ('queued', 'sent', 'running') and executions.is_released
          and (executions.state <> 'queued' or executions.deadline_at is null or executions.deadline_at > now())
        order by created_at, position
        limit ${limitPerNode}
      ) as queued
      where nodes.id = any (${nodeIds}::uuid[]) and nodes.session_controller_id = ${controllerId}
      union
      select executions.id, nodes.session_epoch, false
      from nodes join executions on executions.node_id = nodes.id
      where ${isOpening}::boolean and nodes.id = any (${nodeIds}::uuid[]) and nodes.session_controller_id = ${controllerId}
        and executions.state in ('sent', 'running')),
    taken as (
      update executions set sent_epoch = due.session_epoch, sent_at = coalesce(sent_at, now()), updated_at = now(),
        state = case executions.state when 'queued' then 'sent' else executions.state end
      from due where executions.id = due.id and executions.state <> 'finished'
      returning executions.*, due.is_new),
    told as (${tellSent(sql`taken`)})
    select id, run_id, node_id, tool, state, output_chunks, stdout_bytes, stderr_bytes, cancel_requested_at
    from taken order by created_at, position`);
  return rows.map(readOpen);
}

interface OpenRow {
  id: ExecutionId;
  run_id: RunId;
  node_id: NodeId;
  tool: string;
  state: ExecutionState;
  output_chunks: number;
  stdout_bytes: number;
  stderr_bytes: number;
  cancel_requested_at: Date | null;
}

function readOpen(row: OpenRow): OpenExecution {
  return {
    id: row.id,
    runId: row.run_id,
    nodeId: row.node_id,
    tool: row.tool,
    state: row.state,
    outputChunks: row.output_chunks,
    stdoutBytes: row.stdout_bytes,
    stderrBytes: row.stderr_bytes,
    isCancelRequested: row.cancel_requested_at !== null,
  };
}

/** An execution as its order is made from it, without the arguments. */
export interface OwedExecution extends OpenExecution {
  readonly timeoutMs: number | null;
  readonly deadlineAt: Date | null;
}

/** Those of `ids` that are not over, in this order. */
export async function readOwed(db: Queryable, ids: readonly ExecutionId[]): Promise<OwedExecution[]> {
  const rows = await db.query<OwedRow>(sql`
    select id, run_id, node_id, state, output_chunks, stdout_bytes, stderr_bytes, cancel_requested_at, tool, timeout_ms, deadline_at
    from unnest(${ids}::uuid[]) with ordinality as owed (id, place) join executions using (id)
    where state in ('sent', 'running')
    order by place`);
  return rows.map((row) => ({
    ...readOpen(row),
    timeoutMs: row.timeout_ms,
    deadlineAt: row.deadline_at,
  }));
}

interface OwedRow extends OpenRow {
  tool: string;
  timeout_ms: number | null;
  deadline_at: Date | null;
}

/** Its secret arguments are still sealed. */
export interface RunArguments {
  readonly runId: RunId;
  readonly argsJson: string;
  readonly sealedArgs: Buffer | null;
}

/** The arguments of the first of these runs that have no more than `mostBytes` together, and of one more. */
export async function readRunArguments(
  db: Queryable,
  runIds: readonly RunId[],
  mostBytes: number,
): Promise<RunArguments[]> {
  return db.query<RunArguments>(sql`
    select id as "runId", args_json as "argsJson", sealed_args as "sealedArgs"
    from (
      select runs.id, place, runs.args::text as args_json, runs.sealed_args,
        sum(octet_length(runs.args::text) + coalesce(octet_length(runs.sealed_args), 0)) over (order by place
          rows between unbounded preceding and 1 preceding) as bytes_before
      from unnest(${runIds}::uuid[]) with ordinality as wanted (id, place) join runs using (id)
    ) as sized
    where coalesce(bytes_before, 0) < ${mostBytes}
    order by place`);
}
