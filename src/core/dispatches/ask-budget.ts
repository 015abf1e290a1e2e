/**
 * What becomes of a dispatch whose budget is spent, where somebody is to be asked. Its node holds the next request of the agent
 * and asks here until it has an answer; everything that is decided is in the row, so it does not matter which controller answers,
 * or that one died meanwhile.
 *
 *   the first question parks it (`parked_at`) and asks for an approval, in one transaction
 *   an approval, or whoever may give more, raises what was added: the next question is answered with it
 *   a denial, or nobody in time, is written as `budget_refused`: the next question is refused, and the node ends it
 *
 * It is `running` all the while, keeps its slot, and its time limit goes on.
 */
import { askApproval } from '../approvals/ask-approval.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { type ExecutionId, type NodeId, newId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import type { BudgetDemand, Dispatch } from './dispatch.ts';
import { type DispatchRow, dispatchColumns, noteTransition, readDispatch } from './store.ts';
import { tellParked } from './tell-dispatch.ts';

export interface AskBudgetDeps {
  readonly db: Database;
  readonly clock: Clock;
}

export interface BudgetQuestion {
  readonly nodeId: NodeId;
  readonly executionId: ExecutionId;
  readonly reason: string;
  /** What the node knows to have been added. */
  readonly known: AddedBudget;
}

export interface AddedBudget {
  readonly tokens: number;
  readonly requests: number;
}

export type BudgetAnswer =
  | { readonly kind: 'waiting' }
  | ({ readonly kind: 'added' } & AddedBudget)
  | { readonly kind: 'refused'; readonly reason: string };

const MOST_REASON_CHARACTERS = 300;
const REFUSED_ANYWAY: BudgetAnswer = { kind: 'refused', reason: 'it is over, or nobody is to be asked' };

export async function askBudget({ db, clock }: AskBudgetDeps, question: BudgetQuestion): Promise<BudgetAnswer> {
  return db.transaction(async (tx) => {
    const found = await lockAsking(tx, question);
    if (found === undefined) return REFUSED_ANYWAY;
    const { dispatch, demand, refused } = found;
    const { addedTokens: tokens, addedRequests: requests } = dispatch;
    if (tokens > question.known.tokens || requests > question.known.requests) {
      await tx.execute(sql`update dispatches set parked_at = null where id = ${dispatch.id}`);
      return { kind: 'added', tokens, requests };
    }
    if (refused !== null) return { kind: 'refused', reason: refused };
    if (dispatch.parked === null) await park(tx, contextOf(clock, dispatch, demand), { dispatch, demand, question });
    return { kind: 'waiting' };
  });
}

interface Asking {
  readonly dispatch: Dispatch;
  readonly demand: BudgetDemand;
  readonly refused: string | null;
}

async function lockAsking(tx: Queryable, { executionId, nodeId }: BudgetQuestion): Promise<Asking | undefined> {
  const [row] = await tx.query<DispatchRow & { budget_refused: string | null }>(sql`
    select ${dispatchColumns}, budget_refused from dispatches
    where execution_id = ${executionId} and node_id = ${nodeId} and status = 'running' and budget_demand is not null for update`);
  if (row === undefined || row.budget_demand === null) return undefined;
  return { dispatch: readDispatch(row), demand: row.budget_demand, refused: row.budget_refused };
}

async function park(
  tx: Queryable,
  ctx: Context,
  { dispatch, demand, question }: Pick<Asking, 'dispatch' | 'demand'> & { readonly question: BudgetQuestion },
): Promise<void> {
  const { id, name, agent, model, repo, wishes } = dispatch;
  const reason = question.reason.replaceAll('\0', '').slice(0, MOST_REASON_CHARACTERS);
  const approval = await askApproval(tx, ctx, {
    kind: 'budget',
    about: id,
    demand,
    summary: {
      what: `as much again for ${name} (${agent}${repo === null ? '' : ` on ${repo}`}): ${reason}`,
      targetCount: 1,
      targets: [],
      args: { name, model, repo, budget: wishes.budget },
    },
  });
  await tx.execute(sql`
    update dispatches set parked_at = ${ctx.clock.now()}, parked_reason = ${reason}, budget_approval_id = ${approval.id}
    where id = ${id}`);
  await noteTransition(tx, dispatch, `parked: ${reason}`);
  await tellParked(tx, dispatch, { approvalId: approval.id, reason });
}

/** Whoever created the dispatch asks. */
function contextOf(clock: Clock, { tenantId, createdBy, caller }: Dispatch, { person }: BudgetDemand): Context {
  return {
    principal: {
      kind: 'system',
      subject: createdBy,
      name: caller,
      person,
      tenantId,
      scopes: 'all',
      isMaster: false,
    },
    tenantId,
    requestId: newId(),
    signal: new AbortController().signal,
    clock,
  };
}
