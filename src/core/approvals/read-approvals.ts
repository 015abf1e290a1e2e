import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import { type CursorPage, decodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Approval, ApprovalId, ApprovalState } from './approval.ts';
import { findApproval, listApprovalRows } from './store.ts';

/** The newest first. */
export async function listApprovals(
  ctx: Context,
  { db }: { readonly db: Queryable },
  {
    state,
    cursor,
    limit,
  }: { readonly state?: ApprovalState | undefined; readonly cursor?: string | undefined; readonly limit: number },
): Promise<CursorPage<Approval>> {
  return listApprovalRows(db, ctx, { state, after: cursor === undefined ? undefined : decodeCursor(cursor), limit });
}

/** @throws FleetError `not_found` */
export async function getApproval(ctx: Context, { db }: { readonly db: Queryable }, id: ApprovalId): Promise<Approval> {
  const found = await findApproval(db, ctx, id);
  if (found === undefined) throw notFound('approval');
  return found;
}
