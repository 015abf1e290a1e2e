import { type CursorPage, decodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import { pageOfTenants } from './store.ts';
import type { Tenant } from './tenant.ts';

/** Every tenant of the installation, oldest first: for the master key only, so no context narrows it. */
export async function listOrgs(
  deps: { readonly db: Queryable },
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<CursorPage<Tenant>> {
  return pageOfTenants(deps.db, {
    after: cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant', id: 'uuid' }),
    limit,
  });
}
