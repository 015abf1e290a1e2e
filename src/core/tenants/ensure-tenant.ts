import type { Clock } from '../kernel/clock.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { insertTenantOnce } from './store.ts';
import { SYSTEM_TENANT_SLUG, type Tenant } from './tenant.ts';

/** The tenant with this slug, made if nobody has it: people and teams exist from their first sign-in on. */
export async function ensureTenant(
  deps: { readonly db: Queryable; readonly clock: Clock },
  { kind, slug, name }: Pick<Tenant, 'kind' | 'slug' | 'name'>,
): Promise<Tenant> {
  return insertTenantOnce(deps.db, { id: newId<TenantId>(), kind, slug, name, createdAt: deps.clock.now() });
}

/** The tenant every installation has; controllers that start together end with the same one. */
export async function ensureSystemTenant(deps: { readonly db: Queryable; readonly clock: Clock }): Promise<Tenant> {
  return ensureTenant(deps, { kind: 'system', slug: SYSTEM_TENANT_SLUG, name: 'Default' });
}
