import type { Context } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Outpost } from './outpost.ts';
import type { OutpostDesk, OutpostWithBundle, RegisterOutpost } from './outpost-desk.ts';
import { findOutpost, type OutpostRef, readOutposts, readStanding } from './store.ts';

export interface OutpostDeps {
  readonly outpostDesk: OutpostDesk;
}

/** A node in the tenant's home cluster, with a key and a certificate made here. Two may have one name. */
export async function registerOutpost(
  ctx: Context,
  deps: OutpostDeps,
  input: RegisterOutpost,
): Promise<OutpostWithBundle> {
  return deps.outpostDesk.register({ ...input, tenantId: ctx.tenantId });
}

/**
 * A new key and certificate, whatever state the outpost is in but one; the old certificate stays good until its end.
 * @throws FleetError `not_found`, `conflict` for a deregistered one, `rate_limited` for one that has had too many.
 */
export async function renewOutpostCertificate(ctx: Context, deps: OutpostDeps, id: NodeId): Promise<OutpostWithBundle> {
  const renewed = await deps.outpostDesk.renew({ tenantId: ctx.tenantId, id });
  if (renewed === 'unknown') throw notFound('outpost');
  if (renewed === 'deregistered') throw isDeregistered('its certificate cannot be renewed');
  return renewed;
}

/** @throws FleetError `not_found`. */
export async function getOutpost(ctx: Context, { db }: { readonly db: Queryable }, id: NodeId): Promise<Outpost> {
  const outpost = await findOutpost(db, ctx, id);
  if (!outpost) throw notFound('outpost');
  return outpost;
}

/** Oldest first, deregistered ones among them. */
export async function listOutposts(ctx: Context, { db }: { readonly db: Queryable }): Promise<Outpost[]> {
  return readOutposts(db, ctx);
}

/** Whether there is such an outpost and it is not deregistered. */
export async function isRegistered(db: Queryable, ref: OutpostRef): Promise<boolean> {
  return (await readStanding(db, ref)) === 'registered';
}

export function isDeregistered(consequence: string): FleetError {
  return new FleetError('conflict', `The outpost is deregistered: ${consequence}. Register a new one.`);
}
