import type { Clock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { RunPolicy } from '../runs/policy.ts';
import { type StartRunDeps, startRun } from '../runs/start-run.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { openGitCredentials, openModelKey, openSecrets } from '../vault/vault.ts';
import { keepWorkspaceOn } from '../workspaces/store.ts';
import type { AgentOrders } from './agent-orders.ts';
import type { Dispatch } from './dispatch.ts';
import { type Placement, planPlacement, type WaitingDispatch } from './plan-placement.ts';
import { type DispatchRow, dispatchColumns, endDispatches, moveDispatches, readDispatch, writePlace } from './store.ts';
import { tellFinished } from './tell-dispatch.ts';
import { readWorkers } from './workers.ts';

export interface PlaceDeps extends StartRunDeps {
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly orders: AgentOrders;
}

/** Looked at in one pass; those of a tenant that has many do not keep the others out. */
const MOST_WAITING = 500;
/** A node that has not begun by then loses the dispatch to another. */
const BEGIN_WITHIN_MS = 60_000;
/** What a node may take beyond the time limit of the agent: to collect and to store what it left. */
const BEYOND_TIMEOUT_MS = 600_000;

const POLICY: Omit<RunPolicy, 'timeoutMs'> = {
  mode: { kind: 'parallel' },
  maxConcurrency: null,
  onFailure: { kind: 'continue' },
  minTargets: null,
  offline: 'skip',
};

/**
 * Places what waits on nodes that have room. Each placement is one transaction: the run, its execution, the slot and the
 * dispatch's new status are written together or not at all, so several controllers may do this at once.
 * @returns how many were placed
 */
export async function placeDispatches(deps: PlaceDeps, signal: AbortSignal): Promise<number> {
  const waiting = await readWaiting(deps.db);
  if (waiting.length === 0) return 0;
  const plan = planPlacement(waiting, await readWorkers(deps.db, deps.clock.now()));
  const full = new Set<string>();
  let placed = 0;
  for (const placement of plan) {
    if (signal.aborted) break;
    if (full.has(placement.dispatch.tenantId)) continue;
    const outcome = await place(deps, placement);
    if (outcome === 'placed') placed++;
    if (outcome === 'tenant has no room') full.add(placement.dispatch.tenantId);
  }
  return placed;
}

/** The oldest of each tenant first. A workspace is worked in by one dispatch at a time. */
async function readWaiting(db: Queryable): Promise<WaitingDispatch[]> {
  const rows = await db.query<DispatchRow & { workspace_node_id: NodeId | null }>(sql`
    select ${dispatchColumns}, workspaces.node_id as workspace_node_id
    from (
      select id, row_number() over (partition by tenant_id order by created_at, id) as turn
      from dispatches where status = 'pending' and not is_held
    ) as queue
    join dispatches on dispatches.id = queue.id
    left join workspaces on workspaces.id = dispatches.workspace_id
    where not exists (
      select from dispatches as other where other.workspace_id = dispatches.workspace_id and other.run_id is not null
        and other.released_at is null)
    order by queue.turn, dispatches.created_at, dispatches.id limit ${MOST_WAITING}`);
  return rows.map((row) => ({ dispatch: readDispatch(row), workspaceNodeId: row.workspace_node_id }));
}

type Outcome = 'placed' | 'not placed' | 'tenant has no room' | 'failed';

async function place(deps: PlaceDeps, { dispatch, worker }: Placement): Promise<Outcome> {
  const ctx = contextOf(deps, dispatch);
  try {
    const secrets = await openSecrets(deps, dispatch.tenantId, dispatch.secrets);
    const modelKey = await openModelKey(deps, dispatch.tenantId, dispatch.agent);
    const { gitHost } = deps.orders;
    const gitCredentials =
      dispatch.repo === null ? undefined : await openGitCredentials(deps, dispatch.tenantId, gitHost);
    const args = deps.orders.argumentsFor({ dispatch, worker, secrets, modelKey, gitCredentials });
    await startRun(ctx, deps, {
      kind: 'dispatch',
      tool: 'agent.run',
      args,
      target: { kind: 'node', nodeId: worker.nodeId },
      policy: { ...POLICY, timeoutMs: dispatch.timeoutSeconds * 1_000 + BEYOND_TIMEOUT_MS },
      deadlineAt: new Date(deps.clock.now().getTime() + BEGIN_WITHIN_MS),
      view: { dispatch: dispatch.name },
      judge: ({ targets }) => {
        if (targets.length === 0) throw new NotPlaced('the node is not connected any more');
      },
      alongside: async (tx, { runId, executions }) => {
        await claimQuota(tx, { tenantId: dispatch.tenantId, kind: 'runningDispatches' });
        await takeSlot(tx, worker.nodeId, worker.slots);
        const isFree = sql`id = ${dispatch.id} and not is_held and run_id is null and not exists (
          select from dispatches as other where other.workspace_id = dispatches.workspace_id and other.run_id is not null
            and other.released_at is null)`;
        const moved = await moveDispatches(tx, 'place', isFree, `placed on ${worker.name}`);
        if (moved.length === 0) throw new NotPlaced('it waits no more, or its workspace is in use');
        const executionId = executions[0]?.id ?? null;
        await writePlace(tx, dispatch.id, { runId, executionId, nodeId: worker.nodeId });
        if (dispatch.workspaceId !== null) await keepWorkspaceOn(tx, dispatch.workspaceId, worker.nodeId);
      },
    });
    return 'placed';
  } catch (error) {
    if (error instanceof NotPlaced) return 'not placed';
    if (!(error instanceof FleetError)) throw error;
    if (error.code === 'rate_limited') return 'tenant has no room';
    if (error.code === 'unavailable' || error.code === 'internal') throw error;
    await failUnplaced(deps, dispatch, error);
    return 'failed';
  }
}

/** Not now; it waits on. */
class NotPlaced extends Error {}

/** Whoever comes meanwhile waits until this transaction ends, and counts its slot. @throws NotPlaced */
async function takeSlot(tx: Queryable, nodeId: NodeId, slots: number): Promise<void> {
  await tx.query(sql`select from nodes where id = ${nodeId} for no key update`);
  const [row] = await tx.query<{ used: number }>(sql`
    select count(*) as used from dispatches where node_id = ${nodeId} and run_id is not null and released_at is null`);
  if ((row?.used ?? 0) >= slots) throw new NotPlaced('the node has no free slot any more');
}

/** A secret has gone since, or cannot be sealed to the node: waiting would not help. */
async function failUnplaced({ db }: PlaceDeps, { id }: Dispatch, error: FleetError): Promise<void> {
  await db.transaction(async (tx) => {
    const end = { event: 'fail', errorCode: error.code, errorMessage: error.message } as const;
    const moved = await endDispatches(tx, sql`id = ${id} and run_id is null`, end);
    await tellFinished(tx, moved);
  });
}

/** Whoever created the dispatch ordered the run. */
function contextOf({ clock }: PlaceDeps, { tenantId, createdBy, caller }: Dispatch): Context {
  return {
    principal: { kind: 'system', subject: createdBy, name: caller, tenantId, scopes: 'all', isMaster: false },
    tenantId,
    requestId: newId(),
    signal: new AbortController().signal,
    clock,
  };
}
