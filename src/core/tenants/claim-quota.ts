import { FleetError } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, type Sql, sql } from '../kernel/sql.ts';
import { NODE_SHARE, QUOTAS, type Quota, type QuotaKind } from './quotas.ts';

export interface QuotaClaim {
  readonly tenantId: TenantId;
  readonly kind: QuotaKind;
  /** How many are being added. Default 1. */
  readonly adding?: number;
}

/**
 * Further from the bound than this, those who add a few at a time do not wait for each other. All that are at it at the
 * same time add less than half of it.
 */
const MARGIN = 10_000;
const A_FEW = 500;

/**
 * Makes sure that the tenant may have `adding` more, in the transaction that adds them; once in it for each kind, in the
 * order of the table where there are several.
 *
 * Far below the bound the lock of tenant and kind is shared. Near it, or for many at once, it is taken alone: whoever has it
 * sees all that was added before, and nobody adds until that transaction ends. So a bound is never overtaken, and hosts
 * that join by the thousand do not queue.
 *
 * @throws FleetError `conflict` or `rate_limited`, as the kind says, with the tenant's own figures only.
 */
export async function claimQuota(tx: Queryable, { tenantId, kind, adding = 1 }: QuotaClaim): Promise<void> {
  if (adding === 0) return;
  const lock = sql`hashtextextended(${`quota/${kind}/${tenantId}`}, 0)`;
  const { bound, used } = await measure(tx, tenantId, kind);
  if (adding > A_FEW || used + adding > bound - MARGIN) {
    await tx.query(sql`select pg_advisory_xact_lock(${lock})`);
    const alone = await measure(tx, tenantId, kind);
    if (alone.used + adding > alone.bound) throw exceeded(kind, alone.bound);
    return;
  }
  await tx.query(sql`select pg_advisory_xact_lock_shared(${lock})`);
  const together = await measure(tx, tenantId, kind);
  if (together.used + adding <= together.bound - MARGIN / 2) return;
  throw new FleetError('rate_limited', `This tenant is adding many ${QUOTAS[kind].noun} at this moment. Try again.`, {
    facts: { retryAfterSeconds: 1 },
  });
}

function exceeded(kind: QuotaKind, bound: number): FleetError {
  const { code, noun, remedy, retryAfterSeconds }: Quota = QUOTAS[kind];
  const facts = { quota: kind, bound, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  return new FleetError(code, `This tenant may have at most ${bound} ${noun}: ${remedy}.`, { facts });
}

/**
 * The bound, and what the tenant has; counting ends at the bound. The bound is what the master key has set for this
 * tenant, else the installation's: for nodes no more than a tenant's share of the room that the controllers have, unless it
 * is the operator's own tenant.
 */
async function measure(tx: Queryable, tenantId: TenantId, kind: QuotaKind): Promise<{ bound: number; used: number }> {
  const { rows, default: general }: Quota = QUOTAS[kind];
  const [row] = await tx.query<{ bound: number; used: number }>(sql`
    with bounded as materialized (
      select coalesce((tenants.quotas ->> ${kind})::bigint, least(
        coalesce((select bound from quota_settings where quota_settings.kind = ${kind}), ${general}::bigint),
        case when tenants.kind <> 'system' then ${kind === 'nodes' ? nodeShare : sql`null::bigint`} end
      )) as bound
      from tenants where id = ${tenantId}
    )
    select bound, (select count(*) from (${rows(tenantId)} limit (select bound + 1 from bounded)) as counted) as used
    from bounded`);
  return { bound: row?.bound ?? general, used: row?.used ?? 0 };
}

/** Controllers that were there within the hour count: one that restarts takes no room away. */
const nodeShare: Sql = sql`(
  select floor(share.bound * sum(controllers.capacity) / 100)::bigint
  from quota_settings as share, controllers
  where share.kind = ${NODE_SHARE} and controllers.stopped_at is null and controllers.lease_until > now() - interval '1 hour'
  group by share.bound)`;
