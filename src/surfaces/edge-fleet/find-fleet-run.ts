import type { Context } from '#core/kernel/context.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import type { Run } from '#core/runs/run.ts';
import { findRun } from '#core/runs/store.ts';
import { readRunId } from './ids.ts';

/** @throws FleetError `not_found`, for the orders of other surfaces too. */
export async function findFleetRun(db: Queryable, ctx: Context, id: string): Promise<Run> {
  const run = await findRun(db, ctx.tenantId, readRunId(id));
  if (run === undefined || run.kind !== 'fleet') throw notFound('run');
  return run;
}
