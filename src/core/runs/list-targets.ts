import type { NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

/** The nodes of a run in the order of its targets; those that have been deleted since are missing. */
export async function listTargetsOfRun(db: Queryable, tenantId: TenantId, runId: RunId): Promise<NodeId[]> {
  const rows = await db.query<{ node_id: NodeId }>(sql`
    select node_id from executions
    where run_id = ${runId} and tenant_id = ${tenantId} and node_id is not null order by position`);
  return rows.map((row) => row.node_id);
}

/** Those whose execution ended in any way but well, or never started. */
export async function listFailedTargets(db: Queryable, tenantId: TenantId, runId: RunId): Promise<NodeId[]> {
  const rows = await db.query<{ node_id: NodeId }>(sql`
    select node_id from executions
    where run_id = ${runId} and tenant_id = ${tenantId} and node_id is not null and outcome is distinct from 'ok'
    order by position`);
  return rows.map((row) => row.node_id);
}
