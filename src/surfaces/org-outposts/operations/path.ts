import type { Context } from '#core/kernel/context.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { type NodeId, parseId } from '#core/kernel/ids.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { contextForOrg } from '#core/tenants/act-for-tenant.ts';

/** The call in the org of the path, and the id of the outpost. @throws FleetError `not_found`. */
export async function outpostOfPath(
  ctx: Context,
  db: Queryable,
  { org_id, outpost_id }: { readonly org_id: string; readonly outpost_id: string },
): Promise<{ readonly ctx: Context; readonly id: NodeId }> {
  const inOrg = await contextForOrg(ctx, db, org_id);
  const id = parseId<NodeId>(outpost_id);
  if (id === undefined) throw notFound('outpost');
  return { ctx: inOrg, id };
}
