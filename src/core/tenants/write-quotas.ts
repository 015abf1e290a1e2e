import { invalidField } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { NODE_SHARE, QUOTA_KINDS, type QuotaKind, TENANT_BOUNDS } from './quotas.ts';

export type QuotaBounds = Readonly<Record<QuotaKind, number>>;

/**
 * Keeps the installation's bounds where every controller counts against the same ones: those of the controller that
 * started last.
 */
export async function writeQuotaSettings(
  db: Queryable,
  { bounds, nodeSharePercent }: { readonly bounds: QuotaBounds; readonly nodeSharePercent: number },
): Promise<void> {
  const rows = [...QUOTA_KINDS.map((kind) => [kind, bounds[kind]] as const), [NODE_SHARE, nodeSharePercent] as const];
  await db.execute(sql`
    insert into quota_settings (kind, bound)
    select * from unnest(${rows.map(([kind]) => kind)}::text[], ${rows.map(([, bound]) => bound)}::bigint[])
    on conflict (kind) do update set bound = excluded.bound`);
}

/**
 * Other bounds for one tenant; null takes one back to the installation's, and what is left out stays. What the tenant has
 * beyond a lower bound stays too; it gets no more. @returns what is set now.
 */
export async function setTenantQuotas(
  db: Queryable,
  tenantId: TenantId,
  changes: Readonly<Record<string, number | null>>,
): Promise<Readonly<Record<string, number>>> {
  const kinds: readonly string[] = TENANT_BOUNDS;
  const unknown = Object.keys(changes).filter((kind) => !kinds.includes(kind));
  if (unknown.length > 0)
    throw invalidField('quotas', `there is no ${unknown.join(', ')}; there are ${TENANT_BOUNDS.join(', ')}`);
  const [row] = await db.query<{ quotas: Record<string, number> }>(sql`
    update tenants set quotas = jsonb_strip_nulls(quotas || ${JSON.stringify(changes)}::jsonb)
    where id = ${tenantId} returning quotas`);
  return row?.quotas ?? {};
}
