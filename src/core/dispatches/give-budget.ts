import { readDemand } from '../approvals/ask-approval.ts';
import { decideApproval } from '../approvals/decide-approval.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Database, sql } from '../kernel/sql.ts';
import type { AddedBudget } from './ask-budget.ts';
import type { Dispatch } from './dispatch.ts';
import { addBudget, heldBudgets } from './held-budgets.ts';
import { getDispatch } from './read-dispatches.ts';
import { isDispatchOver } from './transitions.ts';

/**
 * More for a dispatch that asks once its budget is spent: one that is parked goes on, another is parked later. Where a policy
 * demands consent, that is given by approving what a parked one asks for, and not here.
 * @throws FleetError `not_found`; `conflict` when it is over, or does not ask; `forbidden` where a policy demands consent
 */
export async function giveBudget(
  ctx: Context,
  { db }: { readonly db: Database },
  { name, more }: { readonly name: string; readonly more: AddedBudget },
): Promise<Dispatch> {
  const before = await getDispatch(ctx, { db }, name);
  refuseUnfit(before);
  await refuseByPolicy(ctx, db, before);
  if (before.parked !== null) {
    await decideApproval(
      ctx,
      { db, held: { budget: heldBudgets({ db }, more) } },
      { id: before.parked.approvalId, isApproved: true, reason: null },
    );
    return getDispatch(ctx, { db }, name);
  }
  const isThere = sql`id = ${before.id} and status in ('pending', 'provisioning', 'running')`;
  const given = await db.transaction((tx) => addBudget(tx, isThere, more));
  if (given === undefined) throw new FleetError('conflict', `${name} has ended`);
  return given;
}

function refuseUnfit({ name, status, wishes, budgetDemand }: Dispatch): void {
  if (isDispatchOver(status)) throw new FleetError('conflict', `${name} is ${status}`);
  if (wishes.budget === undefined) throw new FleetError('conflict', `${name} has no budget that could be spent`);
  if (budgetDemand === null)
    throw new FleetError('conflict', `${name} ends once its budget is spent: it was not to be asked about`);
}

async function refuseByPolicy(ctx: Context, db: Database, { budgetDemand, parked }: Dispatch): Promise<void> {
  const demand = await readDemand(db, ctx, { isReadOnly: false, targets: 1 });
  if (demand === undefined && budgetDemand?.isByPolicy !== true) return;
  const how = parked === null ? 'once it is parked' : `as ${parked.approvalId}`;
  throw new FleetError('forbidden', `a policy demands consent to more: it can be approved ${how}`);
}
