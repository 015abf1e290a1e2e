import type { Context } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { getCommandExecution } from './read-commands.ts';
import { countUnfinished, removeCommand, removeExecutions } from './store.ts';

/** With its executions and their output. @throws FleetError `not_found`; `conflict` while one of them is not over. */
export async function deleteCommand(ctx: Context, deps: { readonly db: Database }, id: RunId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const unfinished = await countUnfinished(tx, ctx, id);
    if (unfinished === undefined) throw notFound('command');
    if (unfinished > 0) {
      throw new FleetError(
        'conflict',
        `cannot delete command with ${unfinished} non-completed execution(s) - cancel them or wait for their end`,
      );
    }
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
    const { status, commandId } = await getCommandExecution(ctx, { db: tx }, id);
    if (status === 'pending' || status === 'sent') {
      throw new FleetError(
        'conflict',
        `cannot delete execution with status '${status}' - only completed, cancelled or expired ones can be deleted`,
      );
    }
    await removeExecutions(tx, [{ id, commandId }]);
  });
}
