import type { ExecutionState } from '../executions/execution.ts';
import type { OwnEnd } from '../executions/store-reports.ts';
import type { ExecutionId, NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { LATE_AFTER_MS } from '../nodes/presence.ts';

export interface OverdueExecution {
  readonly id: ExecutionId;
  readonly nodeId: NodeId | null;
  readonly reason: OverdueReason;
}

export type OverdueReason = 'expired' | 'timed_out' | 'silent' | 'unreachable' | 'untaken';

/** How each ends, and the states in which it still may. */
export const OVERDUE_ENDS: Readonly<Record<OverdueReason, OwnEnd & { readonly states: readonly ExecutionState[] }>> = {
  expired: {
    states: ['queued', 'sent'],
    outcome: 'expired',
    errorCode: 'expired',
    errorMessage: 'the deadline passed before it started',
  },
  timed_out: {
    states: ['sent', 'running'],
    outcome: 'timed_out',
    errorCode: 'timeout',
    errorMessage: 'no result came within the time limit; the node is told to end it',
  },
  silent: {
    states: ['sent', 'running'],
    outcome: 'cancelled',
    errorCode: 'node_silent',
    errorMessage: 'the node was away when this was cancelled; it is told to end it when it returns',
  },
  unreachable: {
    states: ['queued'],
    outcome: 'failed',
    errorCode: 'edge_unavailable',
    errorMessage: 'the node was not connected when its turn came',
  },
  untaken: {
    states: ['sent'],
    outcome: 'expired',
    errorCode: 'expired',
    errorMessage: 'the node did not accept the order when its turn came',
  },
};

/**
 * What no node can be expected to end any more, at most 5,000 of each kind. Time is the database's. Where the controller
 * that holds the session of a node is late, time stands still for that node: its word may have come and not been read.
 */
export async function findOverdue(
  db: Queryable,
  { timeoutGraceMs, reconnectGraceMs }: { readonly timeoutGraceMs: number; readonly reconnectGraceMs: number },
): Promise<OverdueExecution[]> {
  const grace = sql`make_interval(secs => ${timeoutGraceMs / 1000})`;
  const readUntil = sql`(case when controllers.read_at < now() - make_interval(secs => ${LATE_AFTER_MS / 1000})
    then controllers.read_at else now() end)`;
  const holder = sql`left join nodes on nodes.id = executions.node_id
      left join controllers on controllers.id = nodes.session_controller_id`;
  return db.query<OverdueExecution>(sql`
    (select executions.id, executions.node_id as "nodeId", 'expired' as reason from executions ${holder}
      where executions.state in ('queued', 'sent') and executions.deadline_at < now()
        and (executions.state = 'queued' or executions.deadline_at < ${readUntil} - ${grace})
      limit 5000)
    union all
    (select executions.id, executions.node_id, 'timed_out' from executions ${holder}
      where executions.state in ('sent', 'running') and executions.timeout_ms is not null and executions.cancel_requested_at is null
        and coalesce(executions.started_at, case when nodes.session_controller_id is null then executions.sent_at end)
          + make_interval(secs => executions.timeout_ms / 1000.0) < ${readUntil} - ${grace}
      limit 5000)
    union all
    (select executions.id, executions.node_id, 'silent' from executions
      join runs on runs.id = executions.run_id and runs.kind = 'fleet' ${holder}
      where executions.state in ('sent', 'running') and executions.cancel_requested_at < ${readUntil} - ${grace}
        and (nodes.session_controller_id is null or executions.cancel_requested_at < ${readUntil} - 4 * ${grace})
      limit 5000)
    union all
    (select executions.id, executions.node_id, 'unreachable' from executions
      join runs on runs.id = executions.run_id and runs.policy ->> 'offline' = 'skip'
      join nodes on nodes.id = executions.node_id
      where executions.state = 'queued' and executions.is_released and nodes.session_controller_id is null
        and coalesce(nodes.session_closed_at, nodes.enrolled_at) < now() - make_interval(secs => ${reconnectGraceMs / 1000})
      limit 5000)
    union all
    (select executions.id, executions.node_id, 'untaken' from executions
      join runs on runs.id = executions.run_id and runs.kind = 'self_update' and runs.policy #>> '{mode,kind}' = 'rolling' ${holder}
      where executions.state = 'sent' and executions.sent_at < ${readUntil} - 3 * ${grace}
      limit 5000)`);
}
