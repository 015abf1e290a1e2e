import { askApproval } from '../approvals/ask-approval.ts';
import type { HeldKind } from '../approvals/decide-approval.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import type { ApprovalDemand } from '../kernel/token-policy.ts';
import { describeText } from '../runs/describe-order.ts';
import type { Dispatch } from './dispatch.ts';
import type { DispatchQueue } from './dispatch-queue.ts';
import { endDispatches } from './store.ts';
import { tellFinished } from './tell-dispatch.ts';

const SHOWN_CHARACTERS = 200;

/** A dispatch that was just written is not placed until it is approved. */
export async function holdDispatch(
  tx: Queryable,
  ctx: Context,
  dispatch: Dispatch,
  demand: ApprovalDemand,
): Promise<Dispatch> {
  const { id, name, agent, model, repo, branch, task, wishes } = dispatch;
  const { id: approvalId } = await askApproval(tx, ctx, {
    kind: 'dispatch',
    about: id,
    demand,
    summary: {
      what: `${agent}${repo === null ? '' : ` on ${repo}`}: ${task.slice(0, SHOWN_CHARACTERS)}`,
      ...describeText(task),
      targetCount: 1,
      targets: [],
      args: { name, model, repo, branch, ...(wishes.judge !== undefined && { judge: wishes.judge }) },
    },
  });
  await tx.execute(sql`update dispatches set approval_id = ${approvalId}, is_held = true where id = ${id}`);
  return { ...dispatch, approvalId, isHeld: true };
}

export interface HeldDispatchesDeps {
  readonly db: Database;
  readonly queue: Pick<DispatchQueue, 'nudge'>;
}

/** Approval puts a dispatch into the queue, denial cancels it. */
export function heldDispatches({ db, queue }: HeldDispatchesDeps): HeldKind {
  return {
    async release(tx, { about, tenantId }) {
      const released = await tx.execute(sql`
        update dispatches set is_held = false
        where id = ${about}::uuid and tenant_id = ${tenantId} and is_held and status = 'pending'`);
      if (released === 0) throw new FleetError('conflict', 'the dispatch no longer waits: it was cancelled');
      return () => queue.nudge();
    },
    async drop({ about }, why) {
      await db.transaction(async (tx) => {
        const end = { event: 'cancel', errorCode: 'cancelled', errorMessage: why } as const;
        await tellFinished(tx, await endDispatches(tx, sql`id = ${about}::uuid and is_held`, end));
      });
    },
  };
}
