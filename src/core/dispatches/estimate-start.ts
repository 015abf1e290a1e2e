import { type Queryable, sql } from '../kernel/sql.ts';
import type { Dispatch } from './dispatch.ts';
import { suits } from './plan-placement.ts';
import { readWorkers } from './workers.ts';

/** From being placed to the agent's start, where nothing is known of others. */
const PREPARING_MS = 3_000;
/** Where no machine offers the agent, nobody can know; a day says that it is not soon. */
const UNKNOWN_MS = 86_400_000;

/**
 * When the agent will probably start: at once where a slot is free and nobody of the tenant is in front; else after as many
 * rounds of dispatches as are in front for each slot, each as long as those of the last day took (or as this one may
 * take, where there were none).
 */
export async function estimateStart(db: Queryable, now: Date, dispatch: Dispatch): Promise<Date> {
  const workers = (await readWorkers(db, now, dispatch.tenantId)).filter((worker) =>
    suits(worker, { dispatch, workspaceNodeId: null }),
  );
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  if (slots === 0) return new Date(now.getTime() + UNKNOWN_MS);
  const free = workers.reduce((sum, worker) => sum + Math.max(0, worker.slots - worker.usedSlots), 0);
  const { ahead, running, may, durationMs } = await readQueue(db, dispatch);
  const room = Math.min(free, Math.max(0, may - running));
  if (ahead < room) return new Date(now.getTime() + PREPARING_MS);
  const each = durationMs ?? dispatch.timeoutSeconds * 1_000;
  const rounds = Math.floor((ahead - room) / Math.max(1, Math.min(slots, may))) + 1;
  return new Date(now.getTime() + PREPARING_MS + rounds * each);
}

interface Queue {
  readonly ahead: number;
  readonly running: number;
  readonly may: number;
  readonly durationMs: number | null;
}

async function readQueue(db: Queryable, { tenantId, id, createdAt }: Dispatch): Promise<Queue> {
  const [row] = await db.query<Queue>(sql`
    select
      (select count(*) from dispatches where tenant_id = ${tenantId} and status = 'pending'
        and (created_at, id) < (${createdAt}::timestamptz, ${id}::uuid)) as ahead,
      (select count(*) from dispatches where tenant_id = ${tenantId} and run_id is not null and released_at is null) as running,
      coalesce((select (quotas ->> 'runningDispatches')::bigint from tenants where id = ${tenantId}),
        (select bound from quota_settings where kind = 'runningDispatches'), 10) as may,
      (select extract(epoch from avg(ended_at - started_at)) * 1000 from dispatches
        where tenant_id = ${tenantId} and ended_at > now() - interval '1 day' and started_at is not null)::float8 as "durationMs"`);
  return row ?? { ahead: 0, running: 0, may: 10, durationMs: null };
}
