import type { HeldKind } from '../approvals/decide-approval.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Database, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { AddedBudget } from './ask-budget.ts';
import type { Dispatch } from './dispatch.ts';
import { type DispatchRow, dispatchColumns, noteTransition, readDispatch } from './store.ts';

/**
 * Approval lets a parked dispatch go on with `more`, or with as much again as it began with; denial lets its node end it as
 * `budget_exceeded`.
 */
export function heldBudgets({ db }: { readonly db: Database }, more?: AddedBudget): HeldKind {
  return {
    async release(tx, { about, tenantId }) {
      const isParked = sql`id = ${about}::uuid and tenant_id = ${tenantId} and parked_at is not null and status = 'running'`;
      if ((await addBudget(tx, isParked, more)) === undefined)
        throw new FleetError('conflict', 'the dispatch does not wait any more: it has ended, or was given more');
      return () => undefined;
    },
    async drop({ about }, why) {
      await db.transaction(async (tx) => {
        const [row] = await tx.query<DispatchRow>(sql`
          update dispatches set budget_refused = ${why}, parked_at = null
          where id = ${about}::uuid and parked_at is not null and status = 'running' returning ${dispatchColumns}`);
        if (row !== undefined) await noteTransition(tx, readDispatch(row), `no more budget: ${why}`);
      });
    },
  };
}

/** Its node learns it when it asks. Undefined where the condition selects none. */
export async function addBudget(tx: Queryable, condition: Sql, more?: AddedBudget): Promise<Dispatch | undefined> {
  const [row] = await tx.query<DispatchRow>(sql`
    update dispatches set parked_at = null,
      added_tokens = least(${Number.MAX_SAFE_INTEGER}::bigint, added_tokens + ${amount(more?.tokens, 'tokens')}),
      added_requests = least(${Number.MAX_SAFE_INTEGER}::bigint, added_requests + ${amount(more?.requests, 'requests')})
    where ${condition} returning ${dispatchColumns}`);
  if (row === undefined) return undefined;
  const dispatch = readDispatch(row);
  const { addedTokens, addedRequests } = dispatch;
  await noteTransition(tx, dispatch, `may use ${addedTokens} tokens and ${addedRequests} requests beyond its budget`);
  return dispatch;
}

function amount(given: number | undefined, kind: keyof AddedBudget): Sql {
  return given === undefined ? sql`coalesce((wishes -> 'budget' ->> ${kind})::bigint, 0)` : sql`${given}::bigint`;
}
