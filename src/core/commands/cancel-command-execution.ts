import { type CancelledExecution, cancelExecution } from '../executions/cancel-execution.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { ExecutionId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { RunEngine } from '../runs/engine.ts';
import { getCommandExecution } from './read-commands.ts';

/**
 * Ends one execution of a command: at once while it waits, through its node once it has been sent.
 *
 * @throws FleetError `not_found`; `conflict` when it is over; `unavailable` when its node cannot be told at the moment.
 */
export async function cancelCommandExecution(
  ctx: Context,
  deps: { readonly db: Database; readonly engine: RunEngine },
  id: ExecutionId,
): Promise<CancelledExecution> {
  const { status } = await getCommandExecution(ctx, deps, id);
  if (status === 'pending' || status === 'sent') return cancelExecution(ctx, deps, id);
  throw new FleetError(
    'conflict',
    `cannot cancel execution with status '${status}' - only 'pending' or 'sent' ones can be cancelled`,
  );
}
