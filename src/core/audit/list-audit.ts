import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import { type ChainedEntry, type ChainHead, EMPTY_CHAIN, type KnownHead } from './chain.ts';
import { chainHead, entriesAbove, entriesBelow } from './store.ts';

export interface AuditQuery {
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
  readonly object?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface AuditListing extends CursorPage<ChainedEntry> {
  /** Where the log ends. Whoever writes it down elsewhere can tell later whether anything up to there was touched. */
  readonly head: ChainHead;
}

/** The audit log of the caller's tenant, newest first. */
export async function listAudit(
  ctx: Context,
  deps: { readonly db: Queryable },
  { cursor, limit, ...filter }: AuditQuery,
): Promise<AuditListing> {
  const below = cursor === undefined ? undefined : Number(decodeCursor(cursor, { value: 'integer' }).value);
  const entries = await entriesBelow(deps.db, {
    filter: { ...filter, tenantId: ctx.tenantId },
    below,
    limit: limit + 1,
  });
  const items = entries.slice(0, limit);
  const last = items.at(-1);
  const hasMore = entries.length > limit && last !== undefined;
  const head = await chainHead(deps.db, ctx.tenantId);
  return { items, head, nextCursor: hasMore ? encodeCursor({ value: String(last.chainPosition), id: last.id }) : null };
}

export interface AuditSlice {
  readonly tenantId: TenantId;
  /** The row behind which the slice begins. */
  readonly after: KnownHead;
  /** In the order of the chain. */
  readonly items: readonly ChainedEntry[];
  readonly head: ChainHead;
}

/** A part of the log of the caller's tenant in the order of its chain, to be kept elsewhere. */
export async function exportAudit(
  ctx: Context,
  deps: { readonly db: Queryable },
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<AuditSlice> {
  const { tenantId } = ctx;
  const rows = await entriesAbove(deps.db, { tenantId, above: Math.max(0, after - 1), limit: limit + 1 });
  const before = after === 0 ? EMPTY_CHAIN : rows.find((row) => row.chainPosition === after);
  if (before === undefined) throw new FleetError('not_found', `the audit log has no row ${after}`);
  const items = rows.filter((row) => row.chainPosition > after).slice(0, limit);
  return { tenantId, after: before, items, head: await chainHead(deps.db, tenantId) };
}
