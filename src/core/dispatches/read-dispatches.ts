import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import { type CursorPage, decodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import { type Dispatch, isDispatchName } from './dispatch.ts';
import { type DispatchFilter, findDispatch, listDispatchRows } from './store.ts';

/** @throws FleetError `not_found`, for a name of another form too. */
export async function getDispatch(ctx: Context, { db }: { readonly db: Queryable }, name: string): Promise<Dispatch> {
  const found = isDispatchName(name) ? await findDispatch(db, ctx.tenantId, name) : undefined;
  if (found === undefined) throw notFound('dispatch');
  return found;
}

/** Newest first. @throws FleetError `malformed` for a cursor of another list. */
export async function listDispatches(
  ctx: Context,
  { db }: { readonly db: Queryable },
  asked: { readonly filter: DispatchFilter; readonly cursor?: string | undefined; readonly limit: number },
): Promise<CursorPage<Dispatch>> {
  const { filter, cursor, limit } = asked;
  const after = cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant', id: 'uuid' });
  return listDispatchRows(db, ctx.tenantId, { filter, after, limit });
}
