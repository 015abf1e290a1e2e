import { readDemand } from '../approvals/ask-approval.ts';
import { type Context, personOf } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type DispatchId, newId, type WorkspaceId } from '../kernel/ids.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import type { ApprovalDemand } from '../kernel/token-policy.ts';
import { claimBudget } from '../runs/claim-budget.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { requireSecrets } from '../vault/vault.ts';
import { findWorkspaceOf, insertWorkspace, lockWorkspace } from '../workspaces/store.ts';
import type { AgentModels } from './agents.ts';
import {
  type BudgetDemand,
  type ContextLevel,
  type Dispatch,
  newDispatchName,
  type WhenSpent,
  type Wishes,
  type WorkspaceMode,
} from './dispatch.ts';
import type { DispatchQueue } from './dispatch-queue.ts';
import { estimateStart } from './estimate-start.ts';
import { holdDispatch } from './held-dispatches.ts';
import { insertDispatch } from './store.ts';
import { tellCreated } from './tell-dispatch.ts';
import { findOffer } from './workers.ts';

export interface CreateDispatchDeps {
  readonly db: Database;
  readonly agents: AgentModels;
  /** Nudged after the commit. */
  readonly queue: Pick<DispatchQueue, 'nudge'>;
  /** What budgets that do not say become once they are spent. Default end. */
  readonly whenSpent?: WhenSpent;
  /** As in `StartRunDeps`. */
  readonly mayStart?: () => Promise<void>;
}

export interface DispatchRequest {
  readonly agent: string;
  /** Default: the agent's own. */
  readonly model?: string | undefined;
  readonly task: string;
  readonly repo?: string | undefined;
  readonly branch?: string | undefined;
  readonly context: ContextLevel;
  readonly workspaceMode: WorkspaceMode;
  readonly timeoutSeconds: number;
  readonly secrets: readonly string[];
  readonly wishes: Wishes;
  readonly tags: Readonly<Record<string, string>>;
  readonly attemptGroup?: string | undefined;
  readonly retryOf?: DispatchId | undefined;
  /** Name of the dispatch whose work it goes on with. */
  readonly resumes?: string | undefined;
}

export interface CreatedDispatch {
  readonly dispatch: Dispatch;
  readonly estimatedStartAt: Date;
}

/**
 * Queues a task for each agent or model that is asked for; the queue places them. All of them, or none. Where consent is
 * demanded each of them is held until it is approved.
 * @throws FleetError `malformed` for an agent nobody configures or offers; `not_found` for secrets there are not;
 * `rate_limited` when as many wait as may.
 */
export async function createDispatches(
  ctx: Context,
  deps: CreateDispatchDeps,
  requests: readonly DispatchRequest[],
): Promise<CreatedDispatch[]> {
  await deps.mayStart?.();
  const models = await Promise.all(requests.map((request) => modelFor(ctx, deps, request)));
  const names = [...new Set(requests.flatMap(({ secrets }) => secrets))];
  await requireSecrets(deps.db, ctx.tenantId, names);
  const created = await deps.db.transaction(async (tx) => {
    await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'waitingDispatches', adding: requests.length });
    const dispatches: Dispatch[] = [];
    await claimBudget(tx, ctx, { targets: 1, starts: requests.length });
    const demand = await readDemand(tx, ctx, { isReadOnly: false, targets: requests.length });
    for (const [place, request] of requests.entries()) {
      const budgetDemand = budgetDemandOf(ctx, request, { demand, whenSpent: deps.whenSpent });
      const written = await write(ctx, tx, { request, model: models[place] ?? request.agent, budgetDemand });
      dispatches.push(demand === undefined ? written : await holdDispatch(tx, ctx, written, demand));
    }
    await tellCreated(tx, dispatches);
    return dispatches;
  });
  deps.queue.nudge();
  const estimates = await Promise.all(created.map((one) => estimateStart(deps.db, ctx.clock.now(), one)));
  return created.map((dispatch, place) => ({ dispatch, estimatedStartAt: estimates[place] ?? ctx.clock.now() }));
}

async function modelFor({ tenantId }: Context, { db, agents }: CreateDispatchDeps, request: DispatchRequest) {
  const offer = await findOffer(db, tenantId, request.agent);
  const own = agents.get(request.agent);
  if (offer === undefined && own === undefined) throw unknownAgent(request.agent, [...agents.keys()]);
  return request.model ?? (offer?.model || own) ?? request.agent;
}

function unknownAgent(agent: string, known: readonly string[]): FleetError {
  const problem = `"${agent}" is not configured here and no machine of the tenant offers it; there are ${known.join(', ')}`;
  return new FleetError('malformed', `agent: ${problem}`, { details: { agent: [problem] } });
}

const DAY_SECONDS = 86_400;

/** Null where nobody is to be asked once its budget is spent. */
function budgetDemandOf(
  { principal }: Context,
  { wishes: { budget } }: DispatchRequest,
  {
    demand,
    whenSpent = 'end',
  }: { readonly demand: ApprovalDemand | undefined; readonly whenSpent: WhenSpent | undefined },
): BudgetDemand | null {
  if (budget === undefined || (budget.whenSpent ?? whenSpent) !== 'ask') return null;
  const asked = demand ?? { approver: 'self', needsReason: false, lifeSeconds: DAY_SECONDS };
  return { ...asked, person: personOf(principal), isByPolicy: demand !== undefined };
}

/** A name that is taken is drawn again: there are two thousand million for each second. */
async function write(
  ctx: Context,
  tx: Queryable,
  {
    request,
    model,
    budgetDemand,
  }: { readonly request: DispatchRequest; readonly model: string; readonly budgetDemand: BudgetDemand | null },
): Promise<Dispatch> {
  const createdAt = ctx.clock.now();
  const { agent, task, repo, context, workspaceMode, timeoutSeconds, secrets, wishes, tags } = request;
  const fixed = {
    agent,
    model,
    task,
    context,
    workspaceMode,
    timeoutSeconds,
    secrets: [...new Set(secrets)],
    wishes,
    tags,
    budgetDemand,
  };
  const workspaceId = await workspaceFor(ctx, tx, request);
  for (;;) {
    const dispatch = await insertDispatch(tx, {
      ...fixed,
      id: newId<DispatchId>(),
      tenantId: ctx.tenantId,
      name: newDispatchName(createdAt),
      repo: repo ?? null,
      branch: repo === undefined ? null : (request.branch ?? null),
      attemptGroup: request.attemptGroup ?? null,
      retryOf: request.retryOf ?? null,
      resumes: request.resumes ?? null,
      workspaceId,
      createdBy: ctx.principal.subject,
      caller: ctx.principal.name,
      createdAt,
    });
    if (dispatch !== undefined) return dispatch;
  }
}

/**
 * Its lock keeps it from being deleted before the dispatch holds it. Workspaces are measured when a dispatch has ended: who keeps as
 * much as may be kept works in none of them until some are deleted.
 */
async function workspaceFor(
  { tenantId }: Context,
  tx: Queryable,
  { workspaceMode, repo }: DispatchRequest,
): Promise<WorkspaceId | null> {
  if (workspaceMode !== 'persistent' || repo === undefined) return null;
  await claimQuota(tx, { tenantId, kind: 'workspaceMebibytes' });
  const found = await findWorkspaceOf(tx, tenantId, repo);
  if (found !== undefined && (await lockWorkspace(tx, tenantId, found.id)) !== undefined) return found.id;
  await claimQuota(tx, { tenantId, kind: 'workspaces' });
  return insertWorkspace(tx, tenantId, repo);
}
