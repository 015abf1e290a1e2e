import type { ExecutionId, RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

export interface StreamPlace {
  readonly tenantId: TenantId;
  readonly runId: RunId;
  readonly executionId: ExecutionId;
  readonly stream: 'stdout' | 'stderr';
  /** Position in the feed of the run. */
  readonly position: number;
}

/**
 * The last bytes of a stream that lie before a position of the feed: what a reader who starts there needs to decode the
 * character he starts in the middle of.
 */
export async function readBytesBefore(db: Queryable, place: StreamPlace, count: number): Promise<Buffer> {
  const { tenantId, runId, executionId, stream, position } = place;
  // every chunk holds a byte at least, so as many chunks as bytes are enough
  const rows = await db.query<{ tail: Buffer }>(sql`
    select substring(data from greatest(length(data) - ${count - 1}, 1)) as tail from output_chunks
    where run_id = ${runId} and execution_id = ${executionId} and stream = ${stream === 'stdout' ? 1 : 2} and feed_position < ${position}
      and exists (select from executions where id = ${executionId} and tenant_id = ${tenantId})
    order by ordinal desc limit ${count}`);
  return Buffer.concat(rows.map((row) => row.tail).reverse()).subarray(-count);
}
