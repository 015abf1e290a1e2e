/**
 * What nodes report of executions, and the ends that are ours. Every end draws a feed position: results of nodes in
 * `storeReports`, our own ends in `endExecutions`.
 */
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { Outcome } from './execution.ts';
import { statesThatTake } from './transitions.ts';

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
