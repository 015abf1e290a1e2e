import type { TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { EMPTY_CHAIN, hashEntry } from './chain.ts';
import { entriesAbove } from './store.ts';

export interface ChainVerdict {
  readonly rows: number;
  /** The first position where a row was changed, removed or put in; undefined when the chain holds. */
  readonly brokenAt: number | undefined;
}

const PAGE = 1_000;

/** Reads the whole chain of a tenant and computes every hash again. */
export async function verifyChain(db: Queryable, tenantId: TenantId): Promise<ChainVerdict> {
  let head = EMPTY_CHAIN;
  for (;;) {
    const entries = await entriesAbove(db, { tenantId, above: head.chainPosition, limit: PAGE });
    for (const entry of entries) {
      const expected = head.chainPosition + 1;
      const isNext = entry.chainPosition === expected && hashEntry(head.hash, expected, entry).equals(entry.hash);
      if (!isNext) return { rows: head.chainPosition, brokenAt: expected };
      head = entry;
    }
    if (entries.length < PAGE) return { rows: head.chainPosition, brokenAt: undefined };
  }
}
