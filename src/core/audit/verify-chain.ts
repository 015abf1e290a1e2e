import type { TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { AuditKeys } from './audit-keys.ts';
import { EMPTY_CHAIN, type KnownHead } from './chain.ts';
import { ChainCheck, type ChainVerdict } from './chain-check.ts';
import { entriesAbove } from './store.ts';

const PAGE = 1_000;

export interface VerifyDeps {
  readonly db: Queryable;
  readonly auditKeys: Pick<AuditKeys, 'chainKey'>;
}

/**
 * Computes the hashes of a tenant's chain again: all of them, or those since a head that somebody kept elsewhere. Without
 * such a head a log whose last rows were cut off looks whole.
 */
export async function verifyChain(
  { db, auditKeys }: VerifyDeps,
  { tenantId, since }: { readonly tenantId: TenantId; readonly since?: KnownHead | undefined },
): Promise<ChainVerdict> {
  const known = since === undefined ? [] : [since];
  const from = await startOf(db, tenantId, since);
  const check = new ChainCheck(auditKeys.chainKey(tenantId), { from, known });
  for (;;) {
    const entries = await entriesAbove(db, { tenantId, above: check.head.chainPosition, limit: PAGE });
    const isWhole = entries.every((entry) => check.take(entry));
    if (!isWhole || entries.length < PAGE) return check.end();
  }
}

/** The row a known head speaks of; where it is not there, everything is read, to tell what is missing. */
async function startOf(db: Queryable, tenantId: TenantId, since: KnownHead | undefined) {
  if (since === undefined || since.chainPosition === 0) return EMPTY_CHAIN;
  const [row] = await entriesAbove(db, { tenantId, above: since.chainPosition - 1, limit: 1 });
  return row?.chainPosition === since.chainPosition ? row : EMPTY_CHAIN;
}
