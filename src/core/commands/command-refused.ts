import { type ExecutionStage, isOver } from '../executions/stage.ts';
import { FleetError } from '../kernel/fleet-error.ts';

/** Why a command or an execution stays as it is. Surfaces have their own sentence for each. */
export type CommandRefusal =
  | { readonly reason: 'cancelling_what_is_over'; readonly stage: ExecutionStage }
  | { readonly reason: 'deleting_what_goes_on'; readonly stage: ExecutionStage }
  | { readonly reason: 'deleting_with_unfinished'; readonly unfinished: number };

const MESSAGES: Readonly<Record<CommandRefusal['reason'], string>> = {
  cancelling_what_is_over: 'the execution is over; only one that waits or runs can be cancelled',
  deleting_what_goes_on: 'the execution is not over; cancel it or wait for its end before it is deleted',
  deleting_with_unfinished: 'executions of the command are not over; cancel them or wait for their end',
};

export class CommandRefused extends FleetError {
  readonly refusal: CommandRefusal;

  constructor(refusal: CommandRefusal) {
    super('conflict', MESSAGES[refusal.reason], { facts: { ...refusal } });
    this.name = 'CommandRefused';
    this.refusal = refusal;
  }
}

/** @throws CommandRefused. */
export function refuseUnlessOver(stage: ExecutionStage): void {
  if (!isOver(stage)) throw new CommandRefused({ reason: 'deleting_what_goes_on', stage });
}

/** @throws CommandRefused. */
export function refuseWhenOver(stage: ExecutionStage): void {
  if (isOver(stage)) throw new CommandRefused({ reason: 'cancelling_what_is_over', stage });
}
