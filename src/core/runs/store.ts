/** The rows of runs, and the statements with which a coordinator moves their executions. */
import type { ApprovalId } from '../approvals/approval.ts';
import type { ControllerId, ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { allOf, preparedSql, type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import type { SkippedTarget } from '../selectors/target.ts';
import type { OrderDescription } from './describe-order.ts';
import { countsOfNew, type RunCounts } from './plan-run.ts';
import type { RunPolicy } from './policy.ts';
import type { ListedRun, Run, RunKind, RunOutcome, RunSummary } from './run.ts';
import { timeLimitOf } from './time-limit.ts';

export interface NewRun extends OrderDescription {
  readonly id: RunId;
  readonly tenantId: TenantId;
  readonly kind: RunKind;
  readonly tool: string;
  /** Secret ones redacted. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly sealedArgs: Buffer | null;
  readonly target: unknown;
  readonly policy: RunPolicy;
  readonly view: Readonly<Record<string, unknown>>;
  readonly skipped: readonly SkippedTarget[];
  readonly createdBy: string;
  readonly caller: string;
  readonly createdAt: Date;
  readonly deadlineAt: Date | null;
  readonly pinHash: Buffer | null;
  readonly coordinatorId: ControllerId;
  /** Held until this is approved. */
  readonly approvalId: ApprovalId | null;
}

export interface NewExecution {
  readonly id: ExecutionId;
  readonly nodeId: NodeId;
}

/** How long a run stays with a controller that does not renew; leases are measured by the clock of the database alone. */
const LEASE_SECONDS = 10;

/** Fence of the controller that starts a run. */
export const FIRST_FENCE = 1;

/** @returns undefined when a run was started with the same pin. */
export async function insertRun(tx: Queryable, run: NewRun, targetCount: number): Promise<Run | undefined> {
  const [row] = await tx.query<RunRow>(sql`
    insert into runs (id, tenant_id, kind, tool, args, sealed_args, target, policy, view, skipped, target_count, created_by, caller,
      command, command_sha256, args_head, created_at, updated_at, deadline_at, pin_hash, approval_id, is_held, coordinator_id, coordinator_fence, lease_until)
    values (${run.id}, ${run.tenantId}, ${run.kind}, ${run.tool}, ${JSON.stringify(run.args)}, ${run.sealedArgs},
      ${JSON.stringify(run.target)},
      ${JSON.stringify(run.policy)}, ${JSON.stringify(run.view)}, ${JSON.stringify(run.skipped)}, ${targetCount},
      ${run.createdBy}, ${run.caller}, ${run.command}, ${run.commandSha256}, ${JSON.stringify(run.argsHead)},
      ${run.createdAt}, ${run.createdAt}, ${run.deadlineAt}, ${run.pinHash}, ${run.approvalId}, ${run.approvalId !== null}, ${run.coordinatorId}, ${FIRST_FENCE},
      clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}))
    on conflict (pin_hash) where pin_hash is not null do nothing
    returning *`);
  return row && readRun(row);
}

/**
 * All executions of a run in one statement, in the order given. The first `released` of them are released; those whose
 * node has an open session are marked as sent on it right away, which saves a commit on the way to the node.
 * @returns those that are marked as sent
 */
export async function insertExecutions(
  tx: Queryable,
  run: NewRun,
  executions: readonly NewExecution[],
  released: number,
): Promise<Set<ExecutionId>> {
  const rows = await tx.query<{ id: ExecutionId }>(sql`
    with written as (
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, is_released, sent_epoch, created_at, updated_at,
      sent_at, deadline_at, timeout_ms)
    select item.id, ${run.id}, ${run.tenantId}, item.node_id, item.place - 1, ${run.tool},
      case when item.place <= ${released} and is_open then 'sent' else 'queued' end, item.place <= ${released},
      case when item.place <= ${released} and is_open then nodes.session_epoch end, ${run.createdAt}, ${run.createdAt},
      case when item.place <= ${released} and is_open then ${run.createdAt}::timestamptz end, ${run.deadlineAt}, ${timeLimitOf(run)}
    from unnest(${executions.map(({ id }) => id)}::uuid[], ${executions.map(({ nodeId }) => nodeId)}::uuid[])
      with ordinality as item (id, node_id, place)
    join nodes on nodes.id = item.node_id
    cross join lateral (
      select exists (
        select from controllers where controllers.id = nodes.session_controller_id and controllers.lease_until > clock_timestamp()
      ) as is_open
    ) as session
    returning id, state)
    select id from written where state = 'sent'`);
  return new Set(rows.map((row) => row.id));
}

export interface DrivenRun {
  readonly run: Run;
  readonly fence: number;
}

/** Takes over runs whose lease has ended, and those this controller drove before it was restarted. */
export async function takeOverRuns(
  tx: Queryable,
  input: { readonly controllerId: ControllerId; readonly own: boolean },
): Promise<DrivenRun[]> {
  const rows = await tx.query<RunRow>(sql`
    update runs set coordinator_id = ${input.controllerId}, coordinator_fence = coordinator_fence + 1,
      lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    where id in (
      select id from runs where state = 'running' and (lease_until < now() or (${input.own} and coordinator_id = ${input.controllerId}))
      order by lease_until limit 200 for update skip locked)
    returning *`);
  return rows.map((row) => ({ run: readRun(row), fence: row.coordinator_fence }));
}

/** Extends the leases of what this controller drives; returns what it still holds. */
export async function renewLeases(
  db: Queryable,
  held: readonly { readonly runId: RunId; readonly fence: number }[],
  controllerId: ControllerId,
): Promise<Set<RunId>> {
  const rows = await db.query<{ id: RunId }>(sql`
    update runs set lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    from unnest(${held.map(({ runId }) => runId)}::uuid[], ${held.map(({ fence }) => fence)}::bigint[]) as held (id, fence)
    where runs.id = held.id and runs.coordinator_fence = held.fence and runs.coordinator_id = ${controllerId} and runs.state = 'running'
    returning runs.id`);
  return new Set(rows.map((row) => row.id));
}

export interface CountedRun extends RunCounts {
  /** Feed position up to which ends are counted. */
  readonly asOf: number;
  readonly haltReason: string | null;
  readonly isCancelRequested: boolean;
  /** Waits for approval. */
  readonly isHeld: boolean;
}

export async function countRun(db: Queryable, runId: RunId): Promise<CountedRun> {
  const rows = await db.query<{
    total: number;
    released: number;
    in_flight: number;
    failures: number;
    as_of: number;
    rested_ms: number;
    unwell: number;
    halt_reason: string | null;
    is_cancel_requested: boolean;
    is_held: boolean;
  }>(preparedSql`
    select runs.target_count as total,
      count(executions.id) filter (where is_released or executions.state = 'finished') as released,
      count(executions.id) filter (where is_released and executions.state <> 'finished') as in_flight,
      count(executions.id) filter (where executions.outcome in ('failed', 'timed_out', 'expired', 'interrupted', 'lost')) as failures,
      coalesce(max(executions.finished_position), 0) as as_of,
      coalesce(greatest(0, extract(epoch from clock_timestamp() - max(executions.finished_at)) * 1000), 0)::float8 as rested_ms,
      case when runs.policy #>> '{mode,isHealthGated}' = 'true' then ${unwellOf(runId)} else 0 end as unwell,
      runs.halt_reason, runs.cancel_requested_at is not null as is_cancel_requested,
      runs.is_held
    from runs left join executions on executions.run_id = runs.id
    where runs.id = ${runId} group by runs.id`);
  const row = rows[0];
  if (row === undefined)
    return { ...countsOfNew(0), asOf: 0, haltReason: null, isCancelRequested: true, isHeld: false };
  return {
    total: row.total,
    released: row.released,
    inFlight: row.in_flight,
    failures: row.failures,
    asOf: row.as_of,
    restedMs: row.rested_ms,
    unwell: row.unwell,
    haltReason: row.halt_reason,
    isCancelRequested: row.is_cancel_requested,
    isHeld: row.is_held,
  };
}

/** Targets that ended well and are not connected and healthy; a node that was deleted is not missed. */
function unwellOf(runId: RunId): Sql {
  return sql`(
    select count(*)::int from executions as done join nodes on nodes.id = done.node_id
    where done.run_id = ${runId} and done.outcome = 'ok' and not coalesce(nodes.is_healthy and nodes.revoked_at is null
      and exists (select from controllers where controllers.id = nodes.session_controller_id
        and controllers.lease_until > clock_timestamp()), false))`;
}

interface Fenced {
  readonly runId: RunId;
  readonly fence: number;
  readonly controllerId: ControllerId;
}

function holdsFence({ runId, fence, controllerId }: Fenced): Sql {
  return sql`exists (
    select from runs where runs.id = ${runId} and runs.coordinator_id = ${controllerId} and runs.coordinator_fence = ${fence}
      and runs.state = 'running')`;
}

/** Releases the next `count` executions and returns their nodes; none when somebody else drives the run by now. */
export async function releaseNext(tx: Queryable, fenced: Fenced, count: number): Promise<NodeId[]> {
  const rows = await tx.query<{ node_id: NodeId | null }>(sql`
    update executions set is_released = true, updated_at = now()
    where id in (
      select id from executions where run_id = ${fenced.runId} and not is_released and state = 'queued'
      order by position limit ${count} for update)
      and ${holdsFence(fenced)}
    returning node_id`);
  return rows.flatMap((row) => (row.node_id === null ? [] : [row.node_id]));
}

export interface InFlightExecution {
  readonly id: ExecutionId;
  readonly nodeId: NodeId;
}

/** Marks what is with nodes for cancelling. */
export async function requestCancelOfRun(tx: Queryable, runId: RunId, reason: string): Promise<InFlightExecution[]> {
  const rows = await tx.query<{ id: ExecutionId; node_id: NodeId | null }>(sql`
    update executions set cancel_requested_at = coalesce(cancel_requested_at, now()), cancel_reason = coalesce(cancel_reason, ${reason}),
      updated_at = now()
    where run_id = ${runId} and state in ('sent', 'running')
    returning id, node_id`);
  return rows.flatMap((row) => (row.node_id === null ? [] : [{ id: row.id, nodeId: row.node_id }]));
}

export async function setHaltReason(tx: Queryable, fenced: Fenced, reason: string): Promise<boolean> {
  const changed = await tx.execute(sql`
    update runs set halt_reason = ${reason}, updated_at = now()
    where id = ${fenced.runId} and coordinator_id = ${fenced.controllerId} and coordinator_fence = ${fenced.fence}
      and state = 'running' and halt_reason is null`);
  return changed === 1;
}

/** Call `lockFeeds` before. False when somebody else drives the run by now. */
export async function finishRun(
  tx: Queryable,
  fenced: Fenced,
  { outcome, failures, now }: { readonly outcome: RunOutcome; readonly failures: number; readonly now: Date },
): Promise<boolean> {
  const changed = await tx.execute(sql`
    update runs set state = 'finished', outcome = ${outcome}, failure_count = ${failures}, ended_at = greatest(${now}::timestamptz, created_at), updated_at = now(),
      ended_position = nextval('feed_positions'), lease_until = null
    where id = ${fenced.runId} and coordinator_id = ${fenced.controllerId} and coordinator_fence = ${fenced.fence} and state = 'running'`);
  return changed === 1;
}

/** @returns undefined when the tenant has no such run. */
export async function findRun(db: Queryable, tenantId: TenantId, id: RunId): Promise<Run | undefined> {
  const rows = await db.query<RunRow>(sql`select * from runs where id = ${id} and tenant_id = ${tenantId}`);
  return rows[0] && readRun(rows[0]);
}

export interface RunFilter {
  readonly kind: RunKind;
  readonly tool?: string | undefined;
  /** `running` for those without an outcome yet, `failed` for those that ended with failures, whatever their outcome. */
  readonly outcome?: RunOutcome | 'running' | 'failed' | undefined;
  /** Name or subject of who ordered it. */
  readonly caller?: string | undefined;
  /** With an execution on this node. */
  readonly nodeId?: NodeId | undefined;
  /** Started at this instant or later. */
  readonly since?: Date | undefined;
  /** Started before this instant. */
  readonly until?: Date | undefined;
  /** Somewhere in what was run, whatever the case of its letters. */
  readonly text?: string | undefined;
}

/** The position of a run in a list that is newest first. */
export interface RunPosition {
  readonly createdAt: string;
  readonly id: string;
}

const LISTED_COLUMNS =
  rawSql(`id, tenant_id, kind, tool, command, command_sha256, args_head, policy, view, skipped, target_count, state,
  outcome, failure_count, halt_reason, cancel_requested_at, created_by, caller, created_at, updated_at, ended_at, ended_position, deadline_at,
  approval_id, is_held`);

/** Newest first. `before` is the position of the last run of the page before. */
export async function listRuns(
  db: Queryable,
  tenantId: TenantId,
  filter: RunFilter,
  page: { readonly before: RunPosition | undefined; readonly limit: number },
): Promise<ListedRun[]> {
  const { before } = page;
  const conditions = [sql`runs.tenant_id = ${tenantId}`, ...runConditions(filter)];
  if (before !== undefined)
    conditions.push(sql`(created_at, id) < (${before.createdAt}::timestamptz, ${before.id}::uuid)`);
  const rows = await db.query<ListedRow>(sql`
    select ${LISTED_COLUMNS} from runs where ${allOf(conditions)}
    order by created_at desc, id desc limit ${page.limit}`);
  return rows.map(readListedRun);
}

function runConditions({ kind, tool, outcome, caller, nodeId, since, until, text }: RunFilter): Sql[] {
  const conditions: Sql[] = [sql`runs.kind = ${kind}`];
  if (tool !== undefined) conditions.push(sql`runs.tool = ${tool}`);
  if (outcome !== undefined) conditions.push(outcomeCondition(outcome));
  if (caller !== undefined) conditions.push(sql`(runs.caller = ${caller} or runs.created_by = ${caller})`);
  if (nodeId !== undefined)
    conditions.push(
      sql`runs.id in (select executions.run_id from executions where executions.node_id = ${nodeId} offset 0)`,
    );
  if (since !== undefined) conditions.push(sql`runs.created_at >= ${since}`);
  if (until !== undefined) conditions.push(sql`runs.created_at < ${until}`);
  if (text !== undefined) conditions.push(sql`position(lower(${text}) in lower(runs.command)) > 0`);
  return conditions;
}

function outcomeCondition(outcome: NonNullable<RunFilter['outcome']>): Sql {
  if (outcome === 'running') return sql`runs.state = 'running'`;
  return outcome === 'failed' ? sql`runs.failure_count > 0` : sql`runs.outcome = ${outcome}`;
}

export async function summarizeRuns(
  db: Queryable,
  tenantId: TenantId,
  runIds: readonly RunId[],
): Promise<Map<RunId, RunSummary>> {
  const rows = await db.query<RunSummary & { run_id: RunId }>(sql`
    select run_id,
      count(*) filter (where outcome = 'ok') as ok,
      count(*) filter (where outcome in ('failed', 'expired', 'interrupted', 'lost')) as failed,
      count(*) filter (where outcome = 'timed_out') as "timedOut",
      count(*) filter (where outcome = 'cancelled') as cancelled,
      count(*) filter (where outcome = 'not_started') as "notStarted",
      count(*) filter (where state <> 'finished') as open
    from executions where run_id = any (${runIds}::uuid[]) and tenant_id = ${tenantId} group by run_id`);
  const summaries = new Map(rows.map(({ run_id, ...summary }) => [run_id, summary]));
  return new Map(runIds.map((id) => [id, summaries.get(id) ?? NOTHING]));
}

const NOTHING: RunSummary = { ok: 0, failed: 0, timedOut: 0, cancelled: 0, notStarted: 0, open: 0 };

interface ListedRow {
  id: RunId;
  tenant_id: TenantId;
  kind: RunKind;
  tool: string;
  command: string | null;
  command_sha256: Buffer | null;
  args_head: Record<string, unknown> | null;
  policy: RunPolicy;
  view: Record<string, unknown>;
  skipped: SkippedTarget[];
  target_count: number;
  state: 'running' | 'finished';
  outcome: RunOutcome | null;
  failure_count: number | null;
  halt_reason: string | null;
  cancel_requested_at: Date | null;
  created_by: string;
  caller: string | null;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
  ended_position: number | null;
  deadline_at: Date | null;
  approval_id: ApprovalId | null;
  is_held: boolean;
}

interface RunRow extends ListedRow {
  args: Record<string, unknown>;
  coordinator_fence: number;
}

function readRun(row: RunRow): Run {
  return { ...readListedRun(row), args: row.args };
}

function readListedRun(row: ListedRow): ListedRun {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    kind: row.kind,
    tool: row.tool,
    command: row.command,
    commandSha256: row.command_sha256?.toString('hex') ?? null,
    argsHead: row.args_head,
    policy: row.policy,
    view: row.view,
    skipped: row.skipped,
    targetCount: row.target_count,
    state: row.state,
    outcome: row.outcome,
    haltReason: row.halt_reason,
    cancelRequestedAt: row.cancel_requested_at,
    createdBy: row.created_by,
    caller: row.caller,
    failureCount: row.failure_count,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
    endedPosition: row.ended_position,
    deadlineAt: row.deadline_at,
    approvalId: row.approval_id,
    isHeld: row.is_held,
  };
}
