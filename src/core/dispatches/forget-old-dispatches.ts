import { type RemovalDeps, removeArtifactsOf } from '../artifacts/remove-artifacts.ts';
import type { DispatchId, ExecutionId, RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

const AT_A_TIME = 50;

interface Old {
  readonly id: DispatchId;
  readonly tenant: TenantId;
  readonly runs: RunId[];
  readonly executions: ExecutionId[];
}

/**
 * Removes dispatches that ended before `before`, with their runs, their artifacts, and what the default partition holds of their
 * logs; all else of these goes with its day (`core/days/drop-days.ts`). What else had its own run, such as the deletion of a
 * workspace, goes too. The artifacts go first, so that a crash between leaves a dispatch that leads to the rest. In small
 * transactions; done twice, or on two controllers at once, it does no harm.
 */
export async function forgetOldDispatches(deps: RemovalDeps, before: Date, signal: AbortSignal): Promise<void> {
  for (let found = AT_A_TIME; found === AT_A_TIME && !signal.aborted; ) {
    const old = await readOld(deps.db, before);
    for (const { tenant: tenantId, executions } of old)
      for (const id of executions) await removeArtifactsOf(deps, { tenantId, kind: 'execution', id });
    await deps.db.transaction((tx) => forget(tx, old));
    found = old.length;
  }
  while (!signal.aborted && (await forgetOtherRuns(deps.db, before)) === AT_A_TIME);
}

/** One that still takes a slot is not let go of. */
function readOld(db: Queryable, before: Date): Promise<Old[]> {
  return db.query<Old>(sql`
    select dispatches.id, dispatches.tenant_id as tenant, array_remove(former_runs || run_id, null) as runs, array(
      select executions.id from executions where executions.run_id = any (former_runs || dispatches.run_id)) as executions
    from dispatches where ended_at < ${before} and released_at is not null
    order by ended_at limit ${AT_A_TIME}`);
}

async function forget(tx: Queryable, old: readonly Old[]): Promise<void> {
  const runs = old.flatMap((one) => one.runs);
  await tx.execute(sql`delete from output_chunks_default where run_id = any (${runs}::uuid[])`);
  await tx.execute(sql`delete from runs where kind = 'dispatch' and id = any (${runs}::uuid[])`);
  await tx.execute(sql`delete from dispatches where id = any (${old.map(({ id }) => id)}::uuid[])`);
}

function forgetOtherRuns(db: Queryable, before: Date): Promise<number> {
  return db.execute(sql`
    delete from runs where id in (
      select id from runs
      where kind = 'dispatch' and state = 'finished' and ended_at < ${before}
        and not exists (select from dispatches where dispatches.run_id = runs.id or runs.id = any (dispatches.former_runs))
      order by ended_at limit ${AT_A_TIME} for update skip locked)`);
}
