import type { ExecutionState } from '../executions/execution.ts';
import type { OwnEnd } from '../executions/store.ts';
import type { ExecutionId, NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

export interface OverdueExecution {
  readonly id: ExecutionId;
  readonly nodeId: NodeId | null;
  readonly reason: OverdueReason;
}

export type OverdueReason = 'expired' | 'timed_out' | 'silent' | 'unreachable';

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
};

/** What no node can be expected to end any more, at most 5,000 of each kind. */
export async function findOverdue(
  db: Queryable,
  now: Date,
  { timeoutGraceMs, reconnectGraceMs }: { readonly timeoutGraceMs: number; readonly reconnectGraceMs: number },
): Promise<OverdueExecution[]> {
  const graceAgo = new Date(now.getTime() - timeoutGraceMs);
  const awaySince = new Date(now.getTime() - reconnectGraceMs);
  return db.query<OverdueExecution>(sql`
    (select id, node_id as "nodeId", 'expired' as reason from executions
      where state in ('queued', 'sent')
        and deadline_at < case state when 'queued' then ${now}::timestamptz else ${graceAgo}::timestamptz end
      limit 5000)
    union all
    (select executions.id, executions.node_id, 'timed_out' from executions
      left join nodes on nodes.id = executions.node_id
      where executions.state in ('sent', 'running') and executions.timeout_ms is not null and executions.cancel_requested_at is null
        and coalesce(executions.started_at, case when nodes.session_controller_id is null then executions.sent_at end)
          + make_interval(secs => executions.timeout_ms / 1000.0) < ${graceAgo}
      limit 5000)
    union all
    (select executions.id, executions.node_id, 'silent' from executions
      join runs on runs.id = executions.run_id and runs.kind = 'fleet'
      left join nodes on nodes.id = executions.node_id
      where executions.state in ('sent', 'running') and executions.cancel_requested_at < ${graceAgo}
        and (nodes.session_controller_id is null or executions.cancel_requested_at < ${new Date(graceAgo.getTime() - 3 * timeoutGraceMs)})
      limit 5000)
    union all
    (select executions.id, executions.node_id, 'unreachable' from executions
      join runs on runs.id = executions.run_id and runs.policy ->> 'offline' = 'skip'
      join nodes on nodes.id = executions.node_id
      where executions.state = 'queued' and executions.is_released and nodes.session_controller_id is null
        and coalesce(nodes.session_closed_at, nodes.enrolled_at) < ${awaySince}
      limit 5000)`);
}
