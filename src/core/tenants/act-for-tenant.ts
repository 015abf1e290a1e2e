import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import { parseId, type TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { findTenant } from './store.ts';

/** The same call, acting in another tenant. Whoever calls this has decided that the principal may. */
export function actForTenant(ctx: Context, tenantId: TenantId): Context {
  return {
    principal: { ...ctx.principal, tenantId },
    tenantId,
    requestId: ctx.requestId,
    clock: ctx.clock,
    get signal() {
      return ctx.signal;
    },
  };
}

/**
 * The call in the org its path names: any org for the master key, only its own for everybody else.
 * @throws FleetError `not_found` for another's, for one that does not exist, and for an id of another form, all alike.
 */
export async function contextForOrg(ctx: Context, db: Queryable, org: string): Promise<Context> {
  const tenantId = parseId<TenantId>(org);
  if (tenantId !== undefined && tenantId === ctx.tenantId) return ctx;
  const isOpen = tenantId !== undefined && ctx.principal.isMaster && (await findTenant(db, tenantId)) !== undefined;
  if (!isOpen) throw notFound('organisation');
  return actForTenant(ctx, tenantId);
}
