import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Database, sql } from '../kernel/sql.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import type { RunEngine } from '../runs/engine.ts';
import type { Dispatch } from './dispatch.ts';
import type { DispatchQueue } from './dispatch-queue.ts';
import { getDispatch } from './read-dispatches.ts';
import { endDispatches } from './store.ts';
import { tellFinished } from './tell-dispatch.ts';

export interface CancelDispatchDeps {
  readonly db: Database;
  readonly engine: RunEngine;
  readonly queue: Pick<DispatchQueue, 'nudge'>;
}

/**
 * It is `cancelled` from here on, in whatever state it was; the node that has it is told to end it. A controller that dies
 * between the two is healed by the queue, which ends the runs of dispatches that are over.
 * @throws FleetError `not_found`; `conflict` when it had come to its end.
 */
export async function cancelDispatch(
  ctx: Context,
  deps: CancelDispatchDeps,
  { name, reason }: { readonly name: string; readonly reason: string },
): Promise<Dispatch> {
  const { id } = await getDispatch(ctx, deps, name);
  const cancelled = await deps.db.transaction(async (tx) => {
    const end = { event: 'cancel', errorCode: 'cancelled', errorMessage: reason } as const;
    const moved = await endDispatches(tx, sql`id = ${id}`, end);
    await tellFinished(tx, moved);
    return moved[0];
  });
  if (cancelled === undefined) throw await alreadyOver(ctx, deps, name);
  if (cancelled.runId !== null) await cancelRun(ctx, deps, cancelled.runId, reason);
  deps.queue.nudge();
  return cancelled;
}

async function alreadyOver(ctx: Context, deps: CancelDispatchDeps, name: string): Promise<FleetError> {
  const { status } = await getDispatch(ctx, deps, name);
  return new FleetError('conflict', `the dispatch has come to its end (${status}) and cannot be cancelled`, {
    details: { currentStatus: [status] },
  });
}
