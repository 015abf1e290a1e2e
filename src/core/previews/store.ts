/** Pins that are kept in rows, and what is known of the nodes an order is for. */
import type { Context } from '../kernel/context.ts';
import type { NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { KeptPinId } from './pin.ts';
import type { LastFailure, OpenWork } from './preview.ts';

/** How many one caller may have; the oldest gives way. */
const MOST_KEPT = 100;
/** Rows of ended pins that one preview takes with it. */
const SWEPT_AT_ONCE = 1_000;

export async function keepPin(
  db: Queryable,
  { tenantId, principal: { subject } }: Context,
  { id, sealed, expiresAt }: { readonly id: KeptPinId; readonly sealed: Buffer; readonly expiresAt: Date },
): Promise<void> {
  await db.execute(sql`
    insert into kept_pins (id, tenant_id, subject, sealed, expires_at)
    values (${id}, ${tenantId}, ${subject}, ${sealed}, ${expiresAt})`);
  await db.execute(sql`
    delete from kept_pins where id in (
      select id from kept_pins where tenant_id = ${tenantId} and subject = ${subject} order by id desc offset ${MOST_KEPT})
    or id in (select id from kept_pins where expires_at < clock_timestamp() limit ${SWEPT_AT_ONCE})`);
}

export async function findKeptPin(
  db: Queryable,
  { tenantId, principal: { subject } }: Context,
  id: KeptPinId,
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ sealed: Buffer }>(
    sql`select sealed from kept_pins where id = ${id} and tenant_id = ${tenantId} and subject = ${subject}`,
  );
  return row?.sealed;
}

/** Nodes whose newest ended execution went wrong, the newest first. */
export async function readLastFailures(
  db: Queryable,
  tenantId: TenantId,
  nodeIds: readonly NodeId[],
  limit: number,
): Promise<LastFailure[]> {
  return db.query<LastFailure>(sql`
    select target.id as "nodeId", last.run_id as "runId", last.tool, last.finished_at as "at", coalesce(last.outcome, '') as outcome,
      last.exit_code as "exitCode", left(last.error_message, 200) as "message"
    from unnest(${nodeIds}::uuid[]) as target (id)
    cross join lateral (
      select run_id, tool, finished_at, outcome, exit_code, error_message from executions
      where node_id = target.id and tenant_id = ${tenantId} and state = 'finished'
      order by created_at desc, id limit 1) as last
    where last.outcome in ('failed', 'timed_out', 'expired', 'interrupted', 'lost')
    order by last.finished_at desc nulls last limit ${limit}`);
}

/** Runs with executions on these nodes that have not ended, the newest first. */
export async function readOpenWork(
  db: Queryable,
  tenantId: TenantId,
  nodeIds: readonly NodeId[],
  limit: number,
): Promise<OpenWork[]> {
  return db.query<OpenWork>(sql`
    select runs.id as "runId", runs.kind, runs.tool, left(runs.command, 200) as command, runs.caller,
      runs.created_at as "startedAt", count(*)::int as nodes
    from executions join runs on runs.id = executions.run_id
    where executions.node_id = any (${nodeIds}::uuid[]) and executions.tenant_id = ${tenantId}
      and executions.state in ('queued', 'sent', 'running')
    group by runs.id order by runs.created_at desc, runs.id limit ${limit}`);
}

/** Names of nodes that are there still. */
export async function readNames(
  db: Queryable,
  tenantId: TenantId,
  nodeIds: readonly NodeId[],
): Promise<Map<NodeId, string>> {
  const rows = await db.query<{ id: NodeId; name: string }>(
    sql`select id, name from nodes where tenant_id = ${tenantId} and id = any (${nodeIds}::uuid[])`,
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** @returns undefined while nothing has been started with this pin. */
export async function findRunOfPin(db: Queryable, tenantId: TenantId, hash: Buffer): Promise<RunId | undefined> {
  const [row] = await db.query<{ id: RunId }>(
    sql`select id from runs where pin_hash = ${hash} and tenant_id = ${tenantId}`,
  );
  return row?.id;
}
