/**
 * The rows of executions, as they are read. What writes them is beside this: output in `store-chunks.ts`, reports and ends in
 * `store-reports.ts`, what a session is given in `store-deliveries.ts`. Every statement that gives out feed positions runs behind
 * `lockFeeds` in its transaction, so that the positions of a run rise in the order of commits (`feed-locks.ts`).
 */
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { emptySql, type Queryable, sql } from '../kernel/sql.ts';
import { boundedResult } from './bounded-result.ts';
import type { Execution, ExecutionState, Outcome } from './execution.ts';

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
