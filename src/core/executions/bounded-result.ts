/**
 * Structured results, as readers get them. A node sends at most 1 MiB; a list of thousands of executions must not carry
 * that for each, so a result above `limit` is told as `{ truncated: true, bytes }`, and its whole is read one by one.
 */
import type { ExecutionId, TenantId } from '../kernel/ids.ts';
import { type Queryable, type Sql, sql } from '../kernel/sql.ts';

/** Stands for a result that was left out. */
export interface TruncatedResult {
  readonly truncated: true;
  /** Size of the whole as JSON. */
  readonly bytes: number;
}

/** The column `result` of `executions`, or what stands for it where its JSON is longer than `limit` bytes. */
export function boundedResult(limit: number): Sql {
  return sql`case when octet_length(executions.result::text) <= ${limit}::int then executions.result
    when executions.result is not null
      then jsonb_build_object('truncated', true, 'bytes', octet_length(executions.result::text)) end`;
}

export function isTruncated(result: unknown): result is TruncatedResult {
  return typeof result === 'object' && result !== null && 'truncated' in result && 'bytes' in result;
}

/** The whole result; null where there is none. */
export async function readWholeResult(db: Queryable, tenantId: TenantId, id: ExecutionId): Promise<unknown> {
  const rows = await db.query<{ result: unknown }>(
    sql`select result from executions where id = ${id} and tenant_id = ${tenantId}`,
  );
  return rows[0]?.result ?? null;
}
