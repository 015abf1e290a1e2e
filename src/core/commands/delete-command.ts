import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { CommandRefused, refuseUnlessOver } from './command-refused.ts';
import { getStage } from './read-commands.ts';
import { countUnfinished, removeCommand, removeExecutions } from './store.ts';

/** With its executions and their output. @throws FleetError `not_found`; `conflict` while one of them is not over. */
export async function deleteCommand(ctx: Context, deps: { readonly db: Database }, id: RunId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const unfinished = await countUnfinished(tx, ctx, id);
    if (unfinished === undefined) throw notFound('command');
    if (unfinished > 0) throw new CommandRefused({ reason: 'deleting_with_unfinished', unfinished });
    await removeCommand(tx, ctx, id);
  });
}

/** @throws FleetError `not_found`; `conflict` while it is not over. */
export async function deleteCommandExecution(
  ctx: Context,
  deps: { readonly db: Database },
  id: ExecutionId,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const { stage, commandId } = await getStage(ctx, { db: tx }, id);
    refuseUnlessOver(stage);
    await removeExecutions(tx, [{ id, commandId }]);
  });
}
