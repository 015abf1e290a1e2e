import type { TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { withInstants } from '../selectors/with-instants.ts';
import type { ReachRule } from './reach-rule.ts';

export async function putRule(
  tx: Queryable,
  tenantId: TenantId,
  { subject, allow }: Pick<ReachRule, 'subject' | 'allow'>,
): Promise<ReachRule> {
  const [row] = await tx.query<ReachRule>(sql`
    insert into reach_rules (tenant_id, subject, allow) values (${tenantId}, ${subject}, ${JSON.stringify(allow)}::jsonb)
    on conflict (tenant_id, subject) do update set allow = excluded.allow, updated_at = now()
    returning subject, allow, updated_at as "updatedAt"`);
  return readRule(row as ReachRule); // one row goes in
}

/** A key that is made by a bound one is bound as well. */
export async function copyRule(
  tx: Queryable,
  tenantId: TenantId,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await tx.execute(sql`
    insert into reach_rules (tenant_id, subject, allow)
    select tenant_id, ${to}, allow from reach_rules where tenant_id = ${tenantId} and subject = ${from}`);
}

export async function deleteRule(tx: Queryable, tenantId: TenantId, subject: string): Promise<boolean> {
  return (await tx.execute(sql`delete from reach_rules where tenant_id = ${tenantId} and subject = ${subject}`)) === 1;
}

export async function countRules(db: Queryable, tenantId: TenantId): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    sql`select count(*)::int as count from reach_rules where tenant_id = ${tenantId}`,
  );
  return row?.count ?? 0;
}

export async function listTenantRules(db: Queryable, tenantId: TenantId): Promise<ReachRule[]> {
  const rows = await db.query<ReachRule>(
    sql`select subject, allow, updated_at as "updatedAt" from reach_rules where tenant_id = ${tenantId} order by subject`,
  );
  return rows.map(readRule);
}

/** Whom a rule may be for. */
export interface Bound {
  readonly tenantId: TenantId;
  readonly subject: string;
}

/** The rules of all these, each with whom it is for. */
export async function findRules(db: Queryable, bound: readonly Bound[]): Promise<(ReachRule & Bound)[]> {
  const rows = await db.query<ReachRule & Bound>(sql`
    select tenant_id as "tenantId", subject, allow, updated_at as "updatedAt" from reach_rules
    join unnest(${bound.map(({ tenantId }) => tenantId)}::uuid[], ${bound.map(({ subject }) => subject)}::text[])
      as bound (tenant_id, subject) using (tenant_id, subject)`);
  return rows.map((row) => ({ ...row, ...readRule(row) }));
}

/** What has been through JSON. */
function readRule({ subject, allow, updatedAt }: ReachRule): ReachRule {
  return { subject, allow: allow.map((one) => ({ ...one, nodes: withInstants(one.nodes) })), updatedAt };
}
