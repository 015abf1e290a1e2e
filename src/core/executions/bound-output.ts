/**
 * Output is kept until its retention, and of each tenant no more than so many bytes. At the bound nothing is refused and no
 * output that arrives is lost: what is oldest goes. Runs that have ended lose their output whole, those that began first
 * before all others; their results and the last 4 KiB of each stream stay, and `is_truncated` says that output is missing.
 *
 * Looked at again and again, so a tenant is over its bound for as long as a pass takes to come round. Runs that have not ended
 * keep what they have: what they can bring is bounded by their number and by the limit of one execution.
 */
import { type Day, dayNamed } from '../days/day.ts';
import type { TenantId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';

const RUNS_AT_A_TIME = 50;

/** Several controllers may do this at once. */
export async function boundOutput(db: Database, mostBytes: number, signal: AbortSignal): Promise<void> {
  for (const { tenantId, excess } of await readExcess(db, mostBytes)) {
    let left = excess;
    for (const day of await readDays(db, tenantId)) {
      while (left > 0 && !signal.aborted) {
        const dropped = await db.transaction((tx) => dropOldest(tx, tenantId, day));
        left -= dropped.bytes;
        if (dropped.runs < RUNS_AT_A_TIME) break;
      }
    }
  }
}

async function readExcess(db: Queryable, mostBytes: number): Promise<{ tenantId: TenantId; excess: number }[]> {
  const rows = await db.query<{ tenantId: TenantId; excess: string }>(sql`
    select kept.tenant_id as "tenantId", kept.bytes - bound.bytes as excess
    from (select tenant_id, sum(bytes) as bytes from kept_output group by tenant_id) as kept
    join tenants on tenants.id = kept.tenant_id
    cross join lateral (select coalesce((tenants.quotas ->> 'keptOutputBytes')::bigint, ${mostBytes}::bigint) as bytes) as bound
    where kept.bytes > bound.bytes`);
  return rows.map(({ tenantId, excess }) => ({ tenantId, excess: Number(excess) }));
}

async function readDays(db: Queryable, tenantId: TenantId): Promise<Day[]> {
  const rows = await db.query<{ name: string }>(sql`
    select to_char(day, 'YYYYMMDD') as name from kept_output where tenant_id = ${tenantId} order by day`);
  return rows.map(({ name }) => dayNamed(name));
}

/** The output of the day's first runs that have ended and have some. */
async function dropOldest(tx: Queryable, tenantId: TenantId, day: Day): Promise<{ runs: number; bytes: number }> {
  const runs = await tx.query<{ id: string }>(sql`
    select runs.id from runs
    where runs.tenant_id = ${tenantId} and runs.state = 'finished' and runs.id >= ${day.firstId} and runs.id < ${day.endId}
      and exists (
        select from output_chunks where output_chunks.run_id = runs.id
          and output_chunks.run_id >= ${day.firstId} and output_chunks.run_id < ${day.endId})
    order by runs.id limit ${RUNS_AT_A_TIME} for update of runs skip locked`);
  const [dropped] = await tx.query<{ bytes: number }>(sql`
    with gone as (
      delete from output_chunks
      where run_id = any (${runs.map(({ id }) => id)}::uuid[]) and run_id >= ${day.firstId} and run_id < ${day.endId}
      returning execution_id, octet_length(data) as bytes
    ), marked as (
      update executions set is_truncated = true where id in (select execution_id from gone)
    )
    select coalesce(sum(bytes), 0) as bytes from gone`);
  const bytes = dropped?.bytes ?? 0;
  const isAll = runs.length < RUNS_AT_A_TIME;
  await tx.execute(sql`
    update kept_output set bytes = greatest(0, bytes - ${bytes}::bigint)
    where tenant_id = ${tenantId} and day = ${day.name}::date`);
  if (isAll) await forgetCount(tx, tenantId, day);
  return { runs: runs.length, bytes };
}

/** Nothing that was counted is left when all runs of the day have ended: some of it went with its runs. */
async function forgetCount(tx: Queryable, tenantId: TenantId, day: Day): Promise<void> {
  await tx.execute(sql`
    delete from kept_output
    where tenant_id = ${tenantId} and day = ${day.name}::date and day < (now() at time zone 'UTC')::date
      and not exists (
        select from runs where tenant_id = ${tenantId} and state = 'running' and id >= ${day.firstId} and id < ${day.endId})`);
}
