/** The rows of dispatches. Whoever changes a status does it through `moveDispatches`, which also writes the transition. */
import type { ApprovalId } from '../approvals/approval.ts';
import type { DispatchId, ExecutionId, NodeId, RunId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import { type CursorPage, encodeCursor, type Position } from '../kernel/page.ts';
import { allOf, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type {
  BudgetDemand,
  ContextLevel,
  Dispatch,
  JudgedResult,
  Transition,
  Usage,
  Wishes,
  WorkspaceMode,
} from './dispatch.ts';
import { type DispatchEvent, type DispatchStatus, nextStatus, PROGRESS_OF, statusesThatTake } from './transitions.ts';

export interface DispatchRow {
  id: DispatchId;
  tenant_id: TenantId;
  name: string;
  agent: string;
  model: string;
  task: string;
  repo: string | null;
  branch: string | null;
  context: ContextLevel;
  workspace_mode: WorkspaceMode;
  timeout_seconds: number;
  secrets: string[];
  wishes: Wishes;
  tags: Readonly<Record<string, string>>;
  attempt_group: string | null;
  retry_of: DispatchId | null;
  resumes: string | null;
  workspace_id: WorkspaceId | null;
  status: DispatchStatus;
  progress: number;
  created_by: string;
  caller: string;
  created_at: Date;
  placed_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  run_id: RunId | null;
  execution_id: ExecutionId | null;
  node_id: NodeId | null;
  released_at: Date | null;
  former_runs: RunId[];
  avoided_nodes: NodeId[];
  cancel_reason: string | null;
  error_code: string | null;
  error_message: string | null;
  exit_code: number | null;
  usage: Usage | null;
  cost_usd: number | null;
  judgement: JudgedResult | null;
  approval_id: ApprovalId | null;
  is_held: boolean;
  budget_demand: BudgetDemand | null;
  added_tokens: number;
  added_requests: number;
  parked_at: Date | null;
  parked_reason: string | null;
  budget_approval_id: ApprovalId | null;
}

export const dispatchColumns = sql`dispatches.id, dispatches.tenant_id, dispatches.name, dispatches.agent, dispatches.model,
  dispatches.task, dispatches.repo, dispatches.branch, dispatches.context, dispatches.workspace_mode, dispatches.timeout_seconds,
  dispatches.secrets, dispatches.wishes, dispatches.tags, dispatches.attempt_group, dispatches.retry_of, dispatches.workspace_id,
  dispatches.status, dispatches.progress, dispatches.created_by, dispatches.caller, dispatches.created_at, dispatches.placed_at,
  dispatches.started_at, dispatches.ended_at, dispatches.run_id, dispatches.execution_id, dispatches.node_id,
  dispatches.released_at, dispatches.former_runs, dispatches.avoided_nodes, dispatches.cancel_reason, dispatches.error_code,
  dispatches.error_message, dispatches.exit_code, dispatches.usage, dispatches.cost_usd, dispatches.approval_id, dispatches.is_held,
  dispatches.resumes, dispatches.judgement, dispatches.budget_demand, dispatches.added_tokens, dispatches.added_requests,
  dispatches.parked_at, dispatches.parked_reason, dispatches.budget_approval_id`;

export type NewDispatch = Pick<
  Dispatch,
  | 'id'
  | 'tenantId'
  | 'name'
  | 'agent'
  | 'model'
  | 'task'
  | 'repo'
  | 'branch'
  | 'context'
  | 'workspaceMode'
  | 'timeoutSeconds'
  | 'secrets'
  | 'wishes'
  | 'tags'
  | 'attemptGroup'
  | 'retryOf'
  | 'resumes'
  | 'workspaceId'
  | 'createdBy'
  | 'caller'
  | 'createdAt'
  | 'budgetDemand'
>;

/** Undefined when the name is taken. */
export async function insertDispatch(tx: Queryable, one: NewDispatch): Promise<Dispatch | undefined> {
  const [row] = await tx.query<DispatchRow>(sql`
    with written as (
      insert into dispatches (id, tenant_id, name, agent, model, task, repo, branch, context, workspace_mode, timeout_seconds,
        secrets, wishes, tags, attempt_group, retry_of, resumes, workspace_id, created_by, caller, created_at,
        budget_demand)
      values (${one.id}, ${one.tenantId}, ${one.name}, ${one.agent}, ${one.model}, ${one.task}, ${one.repo}, ${one.branch},
        ${one.context}, ${one.workspaceMode}, ${one.timeoutSeconds}, ${[...one.secrets]}, ${JSON.stringify(one.wishes)},
        ${JSON.stringify(one.tags)}, ${one.attemptGroup}, ${one.retryOf}, ${one.resumes}, ${one.workspaceId}, ${one.createdBy}, ${one.caller},
        ${one.createdAt}, ${one.budgetDemand === null ? null : JSON.stringify(one.budgetDemand)})
      on conflict (name) do nothing
      returning *),
    told as (
      insert into dispatch_transitions (dispatch_id, ordinal, status) select id, 0, status from written)
    select ${dispatchColumns} from written as dispatches`);
  return row && readDispatch(row);
}

export async function findDispatch(db: Queryable, tenantId: TenantId, name: string): Promise<Dispatch | undefined> {
  const [row] = await db.query<DispatchRow>(sql`
    select ${dispatchColumns} from dispatches where tenant_id = ${tenantId} and name = ${name}`);
  return row && readDispatch(row);
}

export async function readTransitions(db: Queryable, id: DispatchId): Promise<Transition[]> {
  return db.query<Transition>(sql`
    select status, at, reason from dispatch_transitions where dispatch_id = ${id} order by ordinal`);
}

/** Something has happened to it that changes no status. */
export async function noteTransition(
  tx: Queryable,
  { id, status }: Pick<Dispatch, 'id' | 'status'>,
  reason: string,
): Promise<void> {
  await tx.execute(sql`
    insert into dispatch_transitions (dispatch_id, ordinal, status, reason)
    select ${id}, count(*), ${status}, ${reason} from dispatch_transitions where dispatch_id = ${id}`);
}

export interface DispatchFilter {
  readonly status?: DispatchStatus | undefined;
  readonly agent?: string | undefined;
  readonly repo?: string | undefined;
  readonly since?: Date | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly group?: string | undefined;
}

/** Newest first. */
export async function listDispatchRows(
  db: Queryable,
  tenantId: TenantId,
  {
    filter,
    after,
    limit,
  }: { readonly filter: DispatchFilter; readonly after: Position | undefined; readonly limit: number },
): Promise<CursorPage<Dispatch>> {
  const rows = await db.query<DispatchRow>(sql`
    select ${dispatchColumns} from dispatches where ${allOf(conditionsOf(tenantId, filter, after))}
    order by created_at desc, id desc limit ${limit + 1}`);
  const items = rows.slice(0, limit).map(readDispatch);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor({ value: last.createdAt.toISOString(), id: last.id }) : null };
}

function conditionsOf(tenantId: TenantId, filter: DispatchFilter, after: Position | undefined): Sql[] {
  const { status, agent, repo, since, tags, group } = filter;
  const conditions = [sql`tenant_id = ${tenantId}`];
  if (status !== undefined) conditions.push(sql`status = ${status}`);
  if (agent !== undefined) conditions.push(sql`agent = ${agent}`);
  if (repo !== undefined) conditions.push(sql`repo = ${repo}`);
  if (since !== undefined) conditions.push(sql`created_at >= ${since}`);
  if (tags !== undefined) conditions.push(sql`tags @> ${JSON.stringify(tags)}::jsonb`);
  if (group !== undefined) conditions.push(sql`attempt_group = ${group}::uuid`);
  if (after !== undefined) conditions.push(sql`(created_at, id) < (${after.value}::timestamptz, ${after.id}::uuid)`);
  return conditions;
}

/**
 * Moves what `condition` selects and what takes the event, and writes the transition. Returns those that were moved.
 * Whoever has more to write about them does it in the same transaction.
 */
export async function moveDispatches(
  tx: Queryable,
  event: DispatchEvent,
  condition: Sql,
  reason: string | null = null,
): Promise<Dispatch[]> {
  const from = statusesThatTake(event);
  const to = nextStatus(from[0] ?? 'pending', event) as DispatchStatus; // an event leads to one status, wherever it has an effect
  const rows = await tx.query<DispatchRow>(sql`
    with moved as (
      update dispatches set status = ${to}, progress = greatest(progress, ${PROGRESS_OF[to]})
      where status = any (${from}::text[]) and (${condition})
      returning *),
    told as (
      insert into dispatch_transitions (dispatch_id, ordinal, status, reason)
      select moved.id, (select count(*) from dispatch_transitions where dispatch_id = moved.id), moved.status, ${reason}
      from moved)
    select ${dispatchColumns} from moved as dispatches`);
  return rows.map(readDispatch);
}

/** Where a dispatch has been placed. */
export interface DispatchPlace {
  readonly runId: RunId;
  readonly executionId: ExecutionId | null;
  readonly nodeId: NodeId;
}

export async function writePlace(
  tx: Queryable,
  id: DispatchId,
  { runId, executionId, nodeId }: DispatchPlace,
): Promise<void> {
  await tx.execute(sql`
    update dispatches set run_id = ${runId}, execution_id = ${executionId}, node_id = ${nodeId}, placed_at = now() where id = ${id}`);
}

/** It waits again; the run stays in front of what is to come, and the node comes last when others suit. */
export async function clearPlace(tx: Queryable, id: DispatchId): Promise<void> {
  await tx.execute(sql`
    update dispatches set former_runs = former_runs || run_id, avoided_nodes = array_remove(avoided_nodes || node_id, null),
      run_id = null, execution_id = null, node_id = null, placed_at = null
    where id = ${id} and run_id is not null`);
}

/** The agent has begun. */
export async function startDispatch(tx: Queryable, condition: Sql): Promise<Dispatch[]> {
  const moved = await moveDispatches(tx, 'start', condition);
  await tx.execute(sql`update dispatches set started_at = now() where id = any (${idsOf(moved)}::uuid[])`);
  return moved;
}

/** What is told of the end, once. */
export interface DispatchEnd {
  readonly event: Extract<DispatchEvent, 'succeed' | 'fail' | 'time_out' | 'cancel'>;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly exitCode?: number | null;
  readonly usage?: Usage | null;
  readonly costUsd?: number | null;
  readonly judgement?: JudgedResult | null;
}

/** One that was never placed takes nothing from here on. Returns those that have ended with this. */
export async function endDispatches(tx: Queryable, condition: Sql, end: DispatchEnd): Promise<Dispatch[]> {
  const { event, errorCode, errorMessage, exitCode = null, usage = null, costUsd = null, judgement = null } = end;
  const moved = await moveDispatches(tx, event, condition, errorMessage);
  if (moved.length === 0) return [];
  const rows = await tx.query<DispatchRow>(sql`
    update dispatches set ended_at = now(), error_code = ${errorCode}, error_message = ${errorMessage},
      cancel_reason = case when status = 'cancelled' then ${errorMessage} end, exit_code = ${exitCode},
      usage = ${usage === null ? null : JSON.stringify(usage)}, cost_usd = ${costUsd}, judgement = ${judgement === null ? null : JSON.stringify(judgement)},
      released_at = case when run_id is null then now() else released_at end
    where id = any (${idsOf(moved)}::uuid[]) returning ${dispatchColumns}`);
  return rows.map(readDispatch);
}

function idsOf(dispatches: readonly Dispatch[]): DispatchId[] {
  return dispatches.map(({ id }) => id);
}

/** What its node has told after the dispatch was over: a cancelled one has used something too. */
export async function releaseDispatch(
  tx: Queryable,
  id: DispatchId,
  runId: RunId,
  { usage, costUsd }: { readonly usage: Usage | null; readonly costUsd: number | null },
): Promise<boolean> {
  const changed = await tx.execute(sql`
    update dispatches set released_at = now(), usage = coalesce(usage, ${usage === null ? null : JSON.stringify(usage)}::jsonb),
      cost_usd = coalesce(cost_usd, ${costUsd}::numeric)
    where id = ${id} and run_id = ${runId} and released_at is null`);
  return changed === 1;
}

export async function raiseProgress(tx: Queryable, id: DispatchId, percent: number): Promise<void> {
  await tx.execute(sql`
    update dispatches set progress = ${percent}
    where id = ${id} and progress < ${percent} and status in ('provisioning', 'running', 'completing')`);
}

/** The name of a dispatch that has worked in the workspace of `before` since, or waits for it. */
export async function findNextInWorkspace(
  db: Queryable,
  { id, workspaceId, placedAt }: Pick<Dispatch, 'id' | 'workspaceId' | 'placedAt'>,
): Promise<string | undefined> {
  const [row] = await db.query<{ name: string }>(sql`
    select name from dispatches
    where workspace_id = ${workspaceId} and id <> ${id}
      and (placed_at > ${placedAt} or (run_id is null and released_at is null))
    order by created_at desc limit 1`);
  return row?.name;
}

/** Whether somebody works in the workspace, or waits for it. */
export async function isWorkspaceInUse(tx: Queryable, id: WorkspaceId): Promise<boolean> {
  const rows = await tx.query(sql`
    select from dispatches where workspace_id = ${id} and released_at is null limit 1`);
  return rows.length > 0;
}

export function readDispatch(row: DispatchRow): Dispatch {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    agent: row.agent,
    model: row.model,
    task: row.task,
    repo: row.repo,
    branch: row.branch,
    context: row.context,
    workspaceMode: row.workspace_mode,
    timeoutSeconds: row.timeout_seconds,
    secrets: row.secrets,
    wishes: row.wishes,
    tags: row.tags,
    attemptGroup: row.attempt_group,
    retryOf: row.retry_of,
    resumes: row.resumes,
    workspaceId: row.workspace_id,
    status: row.status,
    progress: row.progress,
    createdBy: row.created_by,
    caller: row.caller,
    createdAt: row.created_at,
    placedAt: row.placed_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    runId: row.run_id,
    executionId: row.execution_id,
    nodeId: row.node_id,
    releasedAt: row.released_at,
    formerRuns: row.former_runs,
    avoidedNodes: row.avoided_nodes,
    cancelReason: row.cancel_reason,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    exitCode: row.exit_code,
    usage: row.usage,
    costUsd: row.cost_usd,
    judgement: row.judgement,
    approvalId: row.approval_id,
    isHeld: row.is_held,
    budgetDemand: row.budget_demand,
    addedTokens: row.added_tokens,
    addedRequests: row.added_requests,
    parked: readParked(row),
  };
}

/** What is over waits for nobody. */
function readParked({ parked_at: at, parked_reason: reason, budget_approval_id: approvalId, status }: DispatchRow) {
  if (at === null || approvalId === null || status !== 'running') return null;
  return { at, reason: reason ?? '', approvalId };
}
