import { type CancelledExecution, cancelExecution } from '../executions/cancel-execution.ts';
import type { Context } from '../kernel/context.ts';
import type { ExecutionId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { RunEngine } from '../runs/engine.ts';
import { refuseWhenOver } from './command-refused.ts';
import { getStage } from './read-commands.ts';

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
  const { stage } = await getStage(ctx, deps, id);
  refuseWhenOver(stage);
  return cancelExecution(ctx, deps, id);
}
