import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { RunId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { findRequest } from './store.ts';
import type { UpdateRequest } from './update-request.ts';

/** @throws FleetError `not_found`. */
export async function getUpdate(ctx: Context, { db }: { readonly db: Queryable }, id: RunId): Promise<UpdateRequest> {
  const request = await findRequest(db, ctx, id);
  if (request === undefined) throw notFound('self-update request');
  return request;
}
