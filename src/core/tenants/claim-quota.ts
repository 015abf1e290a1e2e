import { FleetError } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';
import { preparedSql, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import { NODE_SHARE, QUOTAS, type Quota, type QuotaKind } from './quotas.ts';

export interface QuotaClaim {
  readonly tenantId: TenantId;
  readonly kind: QuotaKind;
  /** How many are being added. Default 1. */
  readonly adding?: number;
}

/** Where so many could each add as much at the same moment, nobody has to wait to be counted. */
const CROWD = 200;

/**
 * Makes sure that the tenant may have `adding` more, in the transaction that adds them; once in it for each kind, in the
 * order of the table where there are several.
 *
 * Far below the bound this is one statement that waits for nobody: it takes the lock of tenant and kind shared, where
 * nobody has it alone. Otherwise the lock is taken alone: whoever has it waits for all that were let in before, counts
 * what they have added, and nobody is let in until that transaction ends. So a bound is not overtaken, and hosts that join
 * by the thousand do not queue. Who is let in by the first statement while somebody who had the lock alone commits may have
 * counted too little: by that it can be overtaken by a two-hundredth of the bound.
 *
 * @throws FleetError `conflict` or `rate_limited`, as the kind says, with the tenant's own numbers only.
 */
export async function claimQuota(tx: Queryable, claim: QuotaClaim): Promise<void> {
  const { tenantId, kind, adding = 1 } = claim;
  if (adding === 0) return;
  const lock = sql`hashtextextended(${`quota/${kind}/${tenantId}`}, 0)`;
  const { rows, default: general }: Quota = QUOTAS[kind];
  const used = kind === 'pendingExecutions' ? pendingAtMost(tenantId) : counted(rows(tenantId));
  const [far] = await tx.query<{ isLetIn: boolean }>(preparedSql`
    with bounded as materialized (${boundOf(tenantId, kind)}),
      counted as materialized (select ${used} as used)
    select case when used + ${adding * CROWD}::bigint <= bound then pg_try_advisory_xact_lock_shared(${lock}) else false end as "isLetIn"
    from bounded, counted`);
  if (far?.isLetIn === true) return;
  await tx.query(sql`select pg_advisory_xact_lock(${lock})`);
  const [row] = await tx.query<{ bound: number; used: number }>(preparedSql`
    with bounded as materialized (${boundOf(tenantId, kind)})
    select bound, ${counted(rows(tenantId))} as used from bounded`);
  const bound = row?.bound ?? general;
  if ((row?.used ?? 0) + adding > bound) throw exceeded(kind, bound);
}

function exceeded(kind: QuotaKind, bound: number): FleetError {
  const { code, noun, remedy, retryAfterSeconds }: Quota = QUOTAS[kind];
  const facts = { quota: kind, bound, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  return new FleetError(code, `This tenant may have at most ${bound} ${noun}: ${remedy}.`, { facts });
}

/** Never less than the executions that have not ended, and quick to read: every run asks. */
const pendingAtMost = (tenantId: TenantId): Sql =>
  sql`(select coalesce(sum(target_count), 0) from runs where tenant_id = ${tenantId} and state = 'running')`;

/** Counting ends at the bound. */
const counted = (rows: Sql): Sql =>
  sql`(select count(*) from (${rows} limit (select bound + 1 from bounded)) as counted)`;

/**
 * What the master key has set for this tenant, else the installation's: for nodes no more than a tenant's share of the
 * room that the controllers have, unless it is the operator's own tenant.
 */
const boundOf = (tenantId: TenantId, kind: QuotaKind): Sql => sql`
  select coalesce((tenants.quotas ->> ${kind})::bigint, least(
    coalesce((select bound from quota_settings where quota_settings.kind = ${kind}), ${QUOTAS[kind].default}::bigint),
    case when tenants.kind <> 'system' then ${kind === 'nodes' ? nodeShare : sql`null::bigint`} end
  )) as bound
  from tenants where id = ${tenantId}`;

/** Controllers that were there within the hour count: one that restarts takes no room away. */
const nodeShare: Sql = sql`(
  select floor(share.bound * sum(controllers.capacity) / 100)::bigint
  from quota_settings as share, controllers
  where share.kind = ${NODE_SHARE} and controllers.stopped_at is null and controllers.lease_until > now() - interval '1 hour'
  group by share.bound)`;
