import type { Context } from '../kernel/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Certificate } from './certificate.ts';
import { readCertificates } from './store.ts';

export interface ListCertificates {
  readonly nodeId?: NodeId | undefined;
  /** Only those that end within so many days. */
  readonly endsWithinDays?: number | undefined;
  /** Revoked and ended ones too. Default false. */
  readonly withOld?: boolean | undefined;
  readonly cursor?: string | undefined;
  /** Default 50. */
  readonly limit?: number | undefined;
}

const DAY_MS = 86_400_000;

/**
 * The certificates of the caller's tenant, those that end first in front; of every tenant for the master.
 * @throws FleetError `malformed` for a bad cursor.
 */
export async function listCertificates(
  ctx: Context,
  deps: { readonly db: Queryable },
  input: ListCertificates,
): Promise<CursorPage<Certificate>> {
  const { nodeId, endsWithinDays, withOld, cursor, limit = 50 } = input;
  const now = ctx.clock.now();
  const found = await readCertificates(
    deps.db,
    {
      tenantId: ctx.principal.isMaster ? undefined : ctx.tenantId,
      nodeId,
      endsBefore: endsWithinDays === undefined ? undefined : new Date(now.getTime() + endsWithinDays * DAY_MS),
      withOld,
      after: cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant' }),
      limit: limit + 1,
    },
    now,
  );
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    found.length > limit && last ? encodeCursor({ value: last.notAfter.toISOString(), id: last.serial }) : null;
  return { items, nextCursor };
}
