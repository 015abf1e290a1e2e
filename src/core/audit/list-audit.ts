import type { Context } from '../kernel/context.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { ChainedEntry } from './chain.ts';
import { entriesBelow } from './store.ts';

export interface AuditQuery {
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
  readonly object?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** The audit log of the caller's tenant, newest first. */
export async function listAudit(
  ctx: Context,
  deps: { readonly db: Queryable },
  { cursor, limit, ...filter }: AuditQuery,
): Promise<CursorPage<ChainedEntry>> {
  const below = cursor === undefined ? undefined : Number(decodeCursor(cursor, { value: 'integer' }).value);
  const entries = await entriesBelow(deps.db, {
    filter: { ...filter, tenantId: ctx.tenantId },
    below,
    limit: limit + 1,
  });
  const items = entries.slice(0, limit);
  const last = items.at(-1);
  const hasMore = entries.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? encodeCursor({ value: String(last.chainPosition), id: last.id }) : null };
}
