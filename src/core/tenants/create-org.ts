import { type CreatedKey, createKey } from '../access/create-key.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { actForTenant } from './act-for-tenant.ts';
import { insertTenantOnce } from './store.ts';
import type { Tenant } from './tenant.ts';

/** Founds an org with its first key, in one transaction: an org nobody can open does not exist. */
export async function createOrg(
  ctx: Context,
  deps: { readonly db: Database },
  { name }: { readonly name: string },
): Promise<{ org: Tenant; key: CreatedKey }> {
  const id = newId<TenantId>();
  return deps.db.transaction(async (tx) => {
    const org = await insertTenantOnce(tx, {
      id,
      kind: 'org',
      slug: slugOf(name, id),
      name,
      createdAt: ctx.clock.now(),
    });
    await recordEvents(tx, [{ tenantId: id, type: 'org.created', subject: id, data: { id, name, slug: org.slug } }]);
    const key = await createKey(actForTenant(ctx, id), { db: tx }, { kind: 'arb', name: 'first key' });
    return { org, key };
  });
}

/** Readable, and unique by the random end of the id. */
function slugOf(name: string, id: TenantId): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [...words, id.slice(-8)].join('-').slice(-63).replace(/^-+/, '');
}
