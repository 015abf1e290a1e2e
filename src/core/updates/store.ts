import type { Context } from '../kernel/context.ts';
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage } from '../lists/compile-list.ts';
import type { ListRequest } from '../lists/list-request.ts';
import { updateList } from './update-list.ts';
import {
  isAccepted,
  MAX_FAILURES,
  type UpdateProgress,
  type UpdateRequest,
  type UpdateStage,
  updateStageSql,
} from './update-request.ts';

const failuresSql: Sql = sql`coalesce((
  select jsonb_agg(jsonb_build_object('nodeId', failure.node_id, 'nodeName', failure.name, 'code', failure.code,
    'message', failure.message) order by failure.position)
  from (
    select executions.node_id, nodes.name, executions.position,
      coalesce(executions.error_code, executions.outcome) as code,
      coalesce(executions.error_message, runs.halt_reason, '') as message
    from executions left join nodes on nodes.id = executions.node_id
    where executions.run_id = runs.id and executions.state = 'finished' and executions.outcome <> 'ok'
    order by executions.position limit ${MAX_FAILURES}) as failure), '[]'::jsonb)`;

const requestColumns: Sql = sql`runs.id, runs.view -> 'target' as targeting, runs.view ->> 'version' as version,
  nullif(runs.view -> 'waves', 'null'::jsonb) as waves, ${updateStageSql} as stage,
  self_updates.total, self_updates.triggered, self_updates.failed, ${failuresSql} as failures,
  runs.created_at as "createdAt", greatest(runs.updated_at, self_updates.completed_at) as "updatedAt"`;

const progressSql: Sql = sql`(
  select jsonb_build_object(
    'waiting', count(*) filter (where executions.state <> 'finished' and executions.started_at is null),
    'underWay', count(*) filter (where executions.state <> 'finished' and executions.started_at is not null),
    'updated', count(*) filter (where executions.outcome = 'ok'),
    'failed', count(*) filter (where executions.outcome <> 'ok'))
  from executions where executions.run_id = runs.id)`;

interface RequestRow extends Omit<UpdateRequest, 'summary' | 'progress'> {
  readonly total: number | null;
  readonly triggered: number | null;
  readonly failed: number | null;
}

function toRequest({ total, triggered, failed, ...request }: RequestRow): UpdateRequest {
  const isCounted = total !== null && triggered !== null && failed !== null;
  return { ...request, summary: isCounted ? { total, triggered, failed } : null };
}

const FROM_RUNS = rawSql('runs left join self_updates on self_updates.run_id = runs.id');

export async function findRequest(db: Queryable, ctx: Context, id: RunId): Promise<UpdateRequest | undefined> {
  return findRequestOf(db, ctx.tenantId, id);
}

export async function findRequestOf(db: Queryable, tenantId: TenantId, id: RunId): Promise<UpdateRequest | undefined> {
  const [row] = await db.query<RequestRow & { readonly progress: UpdateProgress }>(sql`
    select ${requestColumns}, ${progressSql} as progress from ${FROM_RUNS}
    where runs.tenant_id = ${tenantId} and runs.kind = 'self_update' and runs.id = ${id}`);
  return row && { ...toRequest(row), progress: row.progress };
}

export async function readRequestPage(
  db: Queryable,
  ctx: Context,
  request: ListRequest,
): Promise<NumberedPage<UpdateRequest>> {
  const scope = sql`runs.tenant_id = ${ctx.tenantId} and runs.kind = 'self_update'`;
  const rows = await db.query<RequestRow & { readonly total_count: number; readonly place: number | null }>(sql`
    select total.total_count, page.place, ${requestColumns}
    from ${pageOf(updateList, request, scope)}
    left join runs on runs.id = page.id
    left join self_updates on self_updates.run_id = runs.id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...row }) => toRequest(row));
}

export interface LockedRequest {
  readonly stage: UpdateStage;
  /** Nodes are still at it. */
  readonly isRunning: boolean;
}

/** How the request stands, with its run locked until the transaction ends. */
export async function lockRequest(tx: Queryable, ctx: Context, id: RunId): Promise<LockedRequest | undefined> {
  const [row] = await tx.query<LockedRequest>(sql`
    select ${updateStageSql} as stage, runs.state = 'running' as "isRunning" from ${FROM_RUNS}
    where runs.tenant_id = ${ctx.tenantId} and runs.kind = 'self_update' and runs.id = ${id}
    for update of runs`);
  return row;
}

export async function removeRequest(tx: Queryable, ctx: Context, id: RunId): Promise<void> {
  await tx.execute(sql`delete from output_chunks where run_id = ${id}`);
  await tx.execute(sql`delete from runs where tenant_id = ${ctx.tenantId} and id = ${id}`);
}

export interface OpenRequest {
  readonly id: RunId;
  readonly tenantId: TenantId;
}

/** Requests of every tenant that are not completed, oldest first. */
export async function findOpenRequests(db: Queryable, limit: number): Promise<OpenRequest[]> {
  return db.query<OpenRequest>(sql`
    select runs.id, runs.tenant_id as "tenantId" from runs
    where runs.kind = 'self_update' and not exists (select from self_updates where self_updates.run_id = runs.id)
    order by runs.created_at limit ${limit}`);
}

/** What a node is when it has accepted the order. */
export interface TriggeredNode {
  readonly executionId: ExecutionId;
  readonly nodeId: NodeId;
  readonly name: string;
  readonly clusterName: string;
  readonly idType: 'persistent' | 'random';
  readonly version: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly isSelfUpdateEnabled: boolean;
  readonly lastSeenAt: Date | null;
}

/** Nodes whose acceptance nobody has told of; they count as told from here on. */
export async function takeTriggered(tx: Queryable, id: RunId, limit: number): Promise<TriggeredNode[]> {
  return tx.query<TriggeredNode>(sql`
    with fresh as (
      insert into self_update_triggers (execution_id)
      select executions.id from executions
      where executions.run_id = ${id} and ${isAccepted}
        and not exists (select from self_update_triggers as told where told.execution_id = executions.id)
      order by executions.id limit ${limit}
      on conflict do nothing
      returning execution_id)
    select executions.id as "executionId", nodes.id as "nodeId", nodes.name, clusters.name as "clusterName",
      nodes.id_type as "idType", nodes.version, nodes.ports, nodes.self_update_enabled as "isSelfUpdateEnabled",
      nodes.last_seen_at as "lastSeenAt"
    from fresh
    join executions on executions.id = fresh.execution_id
    join nodes on nodes.id = executions.node_id
    join clusters on clusters.id = nodes.cluster_id`);
}

/** Completes the request once every target has accepted or ended, or its run has; false while it goes on, or is completed already. */
export async function completeRequest(tx: Queryable, id: RunId): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into self_updates (run_id, completed_at, total, triggered, failed)
    select runs.id, now(), count(executions.id)::int,
      count(executions.id) filter (where ${isAccepted})::int,
      count(executions.id) filter (where not ${isAccepted})::int
    from runs left join executions on executions.run_id = runs.id
    where runs.id = ${id}
    group by runs.id, runs.state
    having runs.state = 'finished'
      or (count(executions.id) > 0 and bool_and(${isAccepted} or executions.state = 'finished'))
    on conflict do nothing`);
  return inserted === 1;
}
