import type { TenantId } from '../kernel/ids.ts';
import type { CursorPage } from '../kernel/page.ts';
import { encodeCursor, type Position } from '../kernel/page.ts';
import { emptySql, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { Tenant, TenantKind } from './tenant.ts';

interface TenantRow {
  id: TenantId;
  kind: TenantKind;
  slug: string;
  name: string;
  created_at: Date;
}

/** Makes the tenant unless the slug is taken; gives back whoever has it then. */
export async function insertTenantOnce(db: Queryable, tenant: Tenant): Promise<Tenant> {
  const { id, kind, slug, name, createdAt } = tenant;
  const [made] = await db.query<TenantRow>(sql`
    insert into tenants (id, kind, slug, name, created_at) values (${id}, ${kind}, ${slug}, ${name}, ${createdAt})
    on conflict (slug) do nothing
    returning id, kind, slug, name, created_at`);
  if (made !== undefined) return toTenant(made);
  const found = await findTenantBySlug(db, slug);
  if (found === undefined) throw new Error(`tenant ${slug} vanished while it was being made`);
  return found;
}

/**
 * One at a time for a tenant, until the transaction ends: whoever gives out its names and ranges, and whoever counts what
 * it has before adding to it. Keeps nobody from writing rows that refer to the tenant.
 */
export async function lockTenant(tx: Queryable, id: TenantId): Promise<void> {
  await tx.query(sql`select from tenants where id = ${id} for no key update`);
}

export async function findTenant(db: Queryable, id: TenantId): Promise<Tenant | undefined> {
  return findOne(db, sql`id = ${id}`);
}

export async function findTenantBySlug(db: Queryable, slug: string): Promise<Tenant | undefined> {
  return findOne(db, sql`slug = ${slug}`);
}

/** Every tenant that has an org's paths, oldest first. */
export async function pageOfTenants(
  db: Queryable,
  { after, limit }: { after: Position | undefined; limit: number },
): Promise<CursorPage<Tenant>> {
  const rows = await db.query<TenantRow & { position: string }>(sql`
    select id, kind, slug, name, created_at, created_at::text as position from tenants
    where true ${after ? sql`and (created_at, id) > (${after.value}::timestamptz, ${after.id}::uuid)` : emptySql}
    order by created_at, id limit ${limit + 1}`);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: page.map(toTenant),
    nextCursor: hasMore ? encodeCursor({ value: last.position, id: last.id }) : null,
  };
}

async function findOne(db: Queryable, condition: Sql): Promise<Tenant | undefined> {
  const [row] = await db.query<TenantRow>(sql`select id, kind, slug, name, created_at from tenants where ${condition}`);
  return row && toTenant(row);
}

function toTenant({ id, kind, slug, name, created_at }: TenantRow): Tenant {
  return { id, kind, slug, name, createdAt: created_at };
}
