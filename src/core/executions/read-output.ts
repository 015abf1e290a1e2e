import type { ExecutionId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

export interface StoredChunk {
  readonly ordinal: number;
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** Chunks of both streams in the order of their arrival on the host; from `fromOrdinal` on, at most `limit`. */
export async function readOutput(
  db: Queryable,
  tenantId: TenantId,
  executionId: ExecutionId,
  fromOrdinal = 0,
  limit = 1000,
): Promise<StoredChunk[]> {
  const rows = await db.query<{ ordinal: number; stream: 1 | 2; data: Buffer }>(sql`
    select ordinal, stream, data from output_chunks
    where execution_id = ${executionId} and ordinal >= ${fromOrdinal}
      and exists (select from executions where id = ${executionId} and tenant_id = ${tenantId})
    order by ordinal limit ${limit}`);
  return rows.map((row) => ({ ordinal: row.ordinal, stream: row.stream === 1 ? 'stdout' : 'stderr', data: row.data }));
}
