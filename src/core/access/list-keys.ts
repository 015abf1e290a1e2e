import type { Context } from '../kernel/context.ts';
import { type CursorPage, decodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Key } from './key.ts';
import { pageOfKeys } from './store.ts';

/** The keys of the caller's tenant, oldest first; revoked and expired ones too. */
export async function listKeys(
  ctx: Context,
  deps: { readonly db: Queryable },
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<CursorPage<Key>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant', id: 'uuid' });
  return pageOfKeys(deps.db, { tenantId: ctx.tenantId, after, limit });
}
