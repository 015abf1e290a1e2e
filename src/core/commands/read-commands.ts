import type { ExecutionStage } from '../executions/stage.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Command, CommandExecution } from './command.ts';
import type { StandInExitCodes } from './exit-codes.ts';
import { findCommand, findCommandExecution, findStage } from './store.ts';

/** @throws FleetError `not_found`. */
export async function getCommand(ctx: Context, { db }: { readonly db: Queryable }, id: RunId): Promise<Command> {
  const command = await findCommand(db, ctx, id);
  if (command === undefined) throw notFound('command');
  return command;
}

/** With its whole output. @throws FleetError `not_found`; also for executions of other kinds of runs. */
export async function getCommandExecution(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { id, exitCodes }: { readonly id: ExecutionId; readonly exitCodes: StandInExitCodes },
): Promise<CommandExecution> {
  const execution = await findCommandExecution(db, ctx, id, exitCodes);
  if (execution === undefined) throw notFound('command execution');
  return execution;
}

/** @throws FleetError `not_found`; also for executions of other kinds of runs. */
export async function getStage(
  ctx: Context,
  { db }: { readonly db: Queryable },
  id: ExecutionId,
): Promise<{ readonly commandId: RunId; readonly stage: ExecutionStage }> {
  const found = await findStage(db, ctx, id);
  if (found === undefined) throw notFound('command execution');
  return found;
}
