/**
 * The rows of executions and of their output.
 *
 * Every statement that gives out feed positions runs behind `lockFeeds` in its transaction, so that the positions of a run
 * rise in the order of commits (`feed-locks.ts`). Every end of an execution draws one: results of nodes in
 * `storeReports`, our own ends in `endExecutions`.
 */
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { emptySql, preparedSql, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import { boundedResult } from './bounded-result.ts';
import type { Execution, ExecutionState, Outcome } from './execution.ts';
import { tellSent } from './tell-commands.ts';
import { statesThatTake } from './transitions.ts';

export const TAIL_BYTES = 4096;

/** An execution that came to its end in this transaction. */
export interface EndedExecution {
  readonly id: ExecutionId;
  readonly runId: RunId;
  readonly tenantId: TenantId;
  readonly nodeId: NodeId | null;
  readonly outcome: Outcome;
  /** In the feed of its run. */
  readonly feedPosition: number;
}

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

export interface OutputChunk {
  readonly executionId: ExecutionId;
  readonly nodeId: NodeId;
  readonly epoch: number;
  readonly ordinal: number;
  readonly stream: 1 | 2;
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface StartReport {
  readonly executionId: ExecutionId;
  readonly nodeId: NodeId;
  readonly epoch: number;
}

export interface EndReport {
  readonly executionId: ExecutionId;
  readonly nodeId: NodeId;
  readonly epoch: number;
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly isTruncated: boolean;
  readonly result: unknown;
  /** The size of the result as JSON. Default: small enough not to count. */
  readonly resultBytes?: number;
}

/**
 * Chunks that are there already are left alone; chunks of executions that are over, and of sessions that are not current
 * any more, are dropped. What an execution has had is counted from what was stored: a dropped chunk comes again, and must
 * find its place free.
 *
 * The bytes of all chunks are one parameter, which the driver sends as it is; an array of them would be written in hex.
 * It is the last, because the driver copies what it has each time it makes room for more. PostgreSQL cuts it into rows
 * behind the sort.
 */
export async function storeChunks(tx: Queryable, chunks: readonly OutputChunk[]): Promise<void> {
  const stored = await tx.query<{ execution_id: ExecutionId; ordinal: number }>(sql`
    insert into output_chunks (execution_id, run_id, feed_position, ordinal, stream, stream_offset, data)
    select execution_id, run_id, nextval('feed_positions'), ordinal, stream, stream_offset,
      substring(sent.bytes from first_byte for length)
    from (
      select chunk.*, executions.run_id
      from unnest(${chunks.map((chunk) => chunk.executionId)}::uuid[], ${chunks.map((chunk) => chunk.nodeId)}::uuid[],
        ${chunks.map((chunk) => chunk.epoch)}::bigint[], ${chunks.map((chunk) => chunk.ordinal)}::int[],
        ${chunks.map((chunk) => chunk.stream)}::smallint[], ${chunks.map((chunk) => chunk.offset)}::bigint[],
        ${firstBytes(chunks)}::int[], ${chunks.map((chunk) => chunk.data.length)}::int[])
        with ordinality as chunk (execution_id, node_id, epoch, ordinal, stream, stream_offset, first_byte, length, place)
      join executions on executions.id = chunk.execution_id and executions.node_id = chunk.node_id
      join nodes on nodes.id = chunk.node_id and nodes.session_epoch = chunk.epoch
      where executions.state <> 'finished' and chunk.ordinal >= executions.output_chunks
      order by chunk.place
    ) as fresh, (select ${Buffer.concat(chunks.map((chunk) => chunk.data))}::bytea as bytes) as sent
    on conflict do nothing
    returning execution_id, ordinal`);
  const totals = [...totalsByExecution(onlyStored(chunks, stored)).values()];
  if (totals.length === 0) return;
  await tx.execute(sql`
    with counted as (update executions set
      output_chunks = greatest(executions.output_chunks, total.next_ordinal),
      stdout_bytes = executions.stdout_bytes + total.stdout_bytes,
      stderr_bytes = executions.stderr_bytes + total.stderr_bytes,
      stdout_tail = ${lastBytes(sql`coalesce(executions.stdout_tail, '') || total.stdout_tail`)},
      stderr_tail = ${lastBytes(sql`coalesce(executions.stderr_tail, '') || total.stderr_tail`)}
    from unnest(${totals.map((total) => total.executionId)}::uuid[], ${totals.map((total) => total.nextOrdinal)}::int[],
      ${totals.map((total) => total.stdoutBytes)}::bigint[], ${totals.map((total) => total.stderrBytes)}::bigint[],
      ${totals.map((total) => tailOf(total.stdout))}::bytea[], ${totals.map((total) => tailOf(total.stderr))}::bytea[])
      as total (execution_id, next_ordinal, stdout_bytes, stderr_bytes, stdout_tail, stderr_tail)
    where executions.id = total.execution_id and executions.state <> 'finished' and executions.output_chunks < total.next_ordinal
    returning executions.tenant_id, executions.created_at, total.stdout_bytes + total.stderr_bytes as bytes)
    insert into kept_output (tenant_id, day, bytes)
    select tenant_id, (created_at at time zone 'UTC')::date, sum(bytes) from counted group by 1, 2 order by 1, 2
    on conflict (tenant_id, day) do update set bytes = kept_output.bytes + excluded.bytes`);
}

/** The place of each chunk's first byte in all of them together; the first is 1. */
function firstBytes(chunks: readonly OutputChunk[]): number[] {
  let next = 1;
  return chunks.map(({ data }) => {
    const first = next;
    next += data.length;
    return first;
  });
}

/** Each once, in the order given. */
function onlyStored(
  chunks: readonly OutputChunk[],
  stored: readonly { readonly execution_id: ExecutionId; readonly ordinal: number }[],
): OutputChunk[] {
  const left = new Set(stored.map((row) => `${row.execution_id} ${row.ordinal}`));
  return chunks.filter((chunk) => left.delete(`${chunk.executionId} ${chunk.ordinal}`));
}

interface OutputTotal {
  readonly executionId: ExecutionId;
  nextOrdinal: number;
  stdoutBytes: number;
  stderrBytes: number;
  readonly stdout: Uint8Array[];
  readonly stderr: Uint8Array[];
}

function totalsByExecution(chunks: readonly OutputChunk[]): Map<ExecutionId, OutputTotal> {
  const totals = new Map<ExecutionId, OutputTotal>();
  for (const { executionId, ordinal, stream, data } of chunks) {
    let total = totals.get(executionId);
    if (total === undefined) {
      total = { executionId, nextOrdinal: 0, stdoutBytes: 0, stderrBytes: 0, stdout: [], stderr: [] };
      totals.set(executionId, total);
    }
    total.nextOrdinal = Math.max(total.nextOrdinal, ordinal + 1);
    if (stream === 1) {
      total.stdoutBytes += data.length;
      total.stdout.push(data);
    } else {
      total.stderrBytes += data.length;
      total.stderr.push(data);
    }
  }
  return totals;
}

function tailOf(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts).subarray(-TAIL_BYTES);
}

function lastBytes(bytes: Sql): Sql {
  return sql`substring(${bytes} from greatest(length(${bytes}) - ${TAIL_BYTES - 1}, 1))`;
}

/** Returns the ids that really began to run with this. */
export async function storeStarts(tx: Queryable, reports: readonly StartReport[]): Promise<void> {
  await tx.execute(sql`
    update executions set state = 'running', started_at = now(), updated_at = now(), sent_at = coalesce(sent_at, now())
    from unnest(${reports.map((report) => report.executionId)}::uuid[], ${reports.map((report) => report.nodeId)}::uuid[],
      ${reports.map((report) => report.epoch)}::bigint[]) as report (execution_id, node_id, epoch)
    join nodes on nodes.id = report.node_id and nodes.session_epoch = report.epoch
    where executions.id = report.execution_id and executions.node_id = report.node_id
      and executions.state = any (${statesThatTake('start')}::text[])`);
}

/** Accepts each result once, from the node it belongs to, in the current epoch of its session. */
export async function storeReports(tx: Queryable, reports: readonly EndReport[]): Promise<EndedExecution[]> {
  const rows = await tx.query<EndedRow>(sql`
    update executions set
      state = 'finished', outcome = report.outcome, finished_at = now(), updated_at = now(),
      sent_at = coalesce(sent_at, now()),
      started_at = case when report.duration_ms is null then started_at
        else coalesce(started_at, now() - make_interval(secs => report.duration_ms / 1000.0)) end,
      duration_ms = report.duration_ms, exit_code = report.exit_code,
      error_code = report.error_code, error_message = report.error_message,
      stdout_bytes = report.stdout_bytes, stderr_bytes = report.stderr_bytes, is_truncated = report.is_truncated,
      result = report.result, finished_position = nextval('feed_positions')
    from jsonb_to_recordset(${JSON.stringify(reports.map(reportRow))}::jsonb) as report (
      execution_id uuid, node_id uuid, epoch bigint, outcome text, duration_ms bigint, exit_code int, error_code text,
      error_message text, stdout_bytes bigint, stderr_bytes bigint, is_truncated boolean, result jsonb)
    join nodes on nodes.id = report.node_id and nodes.session_epoch = report.epoch
    where executions.id = report.execution_id and executions.node_id = report.node_id
      and executions.state = any (${statesThatTake('report')}::text[])
    returning executions.id, executions.run_id, executions.tenant_id, executions.node_id, executions.outcome,
      executions.finished_position`);
  return rows.map(readEnded);
}

function reportRow(report: EndReport) {
  return {
    execution_id: report.executionId,
    node_id: report.nodeId,
    epoch: report.epoch,
    outcome: report.outcome,
    duration_ms: report.durationMs,
    exit_code: report.exitCode,
    error_code: report.errorCode,
    error_message: report.errorMessage?.replaceAll('\0', ''),
    stdout_bytes: report.stdoutBytes,
    stderr_bytes: report.stderrBytes,
    is_truncated: report.isTruncated,
    result: report.result ?? null,
  };
}

export interface OwnEnd {
  readonly outcome: Outcome;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** Ends what `condition` (on `executions`) selects, without the word of the node. Call `lockFeeds` before. */
export async function endExecutions(tx: Queryable, condition: Sql, end: OwnEnd): Promise<EndedExecution[]> {
  const rows = await tx.query<EndedRow>(sql`
    update executions set state = 'finished', outcome = ${end.outcome}, finished_at = now(), updated_at = now(),
      error_code = ${end.errorCode}, error_message = ${end.errorMessage}, finished_position = nextval('feed_positions'),
      duration_ms = case when started_at is null then null else extract(epoch from now() - started_at) * 1000 end
    where state = any (${statesThatTake('end')}::text[]) and (${condition})
    returning id, run_id, tenant_id, node_id, outcome, finished_position`);
  return rows.map(readEnded);
}

interface EndedRow {
  id: ExecutionId;
  run_id: RunId;
  tenant_id: TenantId;
  node_id: NodeId | null;
  outcome: Outcome;
  finished_position: number;
}

function readEnded(row: EndedRow): EndedExecution {
  return {
    id: row.id,
    runId: row.run_id,
    tenantId: row.tenant_id,
    nodeId: row.node_id,
    outcome: row.outcome,
    feedPosition: row.finished_position,
  };
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

export interface ExecutionRow {
  id: ExecutionId;
  run_id: RunId;
  node_id: NodeId | null;
  position: number;
  tool: string;
  state: ExecutionState;
  outcome: Outcome | null;
  created_at: Date;
  sent_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  deadline_at: Date | null;
  timeout_ms: number | null;
  duration_ms: number | null;
  exit_code: number | null;
  error_code: string | null;
  error_message: string | null;
  cancel_requested_at: Date | null;
  cancel_reason: string | null;
  stdout_bytes: number;
  stderr_bytes: number;
  is_truncated: boolean;
  stdout_tail: Buffer | null;
  stderr_tail: Buffer | null;
  result: unknown;
}

/** Most bytes of a structured result in a record: as much as of each stream. */
const SHOWN_RESULT_BYTES = 4_096;

const executionColumns = sql`id, run_id, node_id, position, tool, state, outcome, created_at, sent_at, started_at,
  finished_at, deadline_at, timeout_ms, duration_ms, exit_code, error_code, error_message, cancel_requested_at,
  cancel_reason, stdout_bytes, stderr_bytes, is_truncated, stdout_tail, stderr_tail,
  ${boundedResult(SHOWN_RESULT_BYTES)} as result`;

export function readExecution(row: ExecutionRow): Execution {
  return {
    id: row.id,
    runId: row.run_id,
    nodeId: row.node_id,
    position: row.position,
    tool: row.tool,
    state: row.state,
    outcome: row.outcome,
    createdAt: row.created_at,
    sentAt: row.sent_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    deadlineAt: row.deadline_at,
    timeoutMs: row.timeout_ms,
    durationMs: row.duration_ms,
    exitCode: row.exit_code,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    cancelRequestedAt: row.cancel_requested_at,
    cancelReason: row.cancel_reason,
    stdoutBytes: row.stdout_bytes,
    stderrBytes: row.stderr_bytes,
    isTruncated: row.is_truncated,
    stdoutTail: row.stdout_tail,
    stderrTail: row.stderr_tail,
    result: row.result,
  };
}

/** @param nodeId Only on this node; default: on all. */
export async function listExecutionsOfRun(
  db: Queryable,
  tenantId: TenantId,
  runId: RunId,
  nodeId?: NodeId,
): Promise<Execution[]> {
  const rows = await db.query<ExecutionRow>(sql`
    select ${executionColumns} from executions where run_id = ${runId} and tenant_id = ${tenantId}
      ${nodeId === undefined ? emptySql : sql`and node_id = ${nodeId}`} order by position`);
  return rows.map(readExecution);
}

export async function findExecution(
  db: Queryable,
  tenantId: TenantId,
  id: ExecutionId,
): Promise<Execution | undefined> {
  const rows = await db.query<ExecutionRow>(
    sql`select ${executionColumns} from executions where id = ${id} and tenant_id = ${tenantId}`,
  );
  return rows[0] && readExecution(rows[0]);
}

/** The newest executions of a node, for its record. */
export async function listRecentExecutions(
  db: Queryable,
  tenantId: TenantId,
  nodeId: NodeId,
  limit: number,
): Promise<Execution[]> {
  const rows = await db.query<ExecutionRow>(sql`
    select ${executionColumns} from executions where node_id = ${nodeId} and tenant_id = ${tenantId}
    order by created_at desc, id limit ${limit}`);
  return rows.map(readExecution);
}
