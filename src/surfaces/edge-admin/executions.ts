/** The words of this contract for executions of commands. Total: a new word of core has none until somebody has chosen it. */
import type { CommandRefusal } from '#core/commands/command-refused.ts';
import type { StandInExitCodes } from '#core/commands/exit-codes.ts';
import type { ExecutionStage } from '#core/executions/stage.ts';

export const EXECUTION_STATUSES = ['pending', 'sent', 'completed', 'cancelled', 'expired'] as const;

export const STATUS_OF: Readonly<Record<ExecutionStage, (typeof EXECUTION_STATUSES)[number]>> = {
  queued: 'pending',
  sent: 'sent',
  ended: 'completed',
  cancelled: 'cancelled',
  expired: 'expired',
};

/** As `timeout(1)` and shells have it. */
export const EXIT_CODES: StandInExitCodes = { timedOut: 124, cancelled: 143, unknown: 1 };

type Sentences = {
  readonly [Reason in CommandRefusal['reason']]: (refusal: Extract<CommandRefusal, { reason: Reason }>) => string;
};

const SENTENCES: Sentences = {
  cancelling_what_is_over: ({ stage }) =>
    `cannot cancel execution with status '${STATUS_OF[stage]}' - only 'pending' or 'sent' ones can be cancelled`,
  deleting_what_goes_on: ({ stage }) =>
    `cannot delete execution with status '${STATUS_OF[stage]}' - only completed, cancelled or expired ones can be deleted`,
  deleting_with_unfinished: ({ unfinished }) =>
    `cannot delete command with ${unfinished} non-completed execution(s) - cancel them or wait for their end`,
};

export function describeRefusal<Reason extends CommandRefusal['reason']>(
  refusal: Extract<CommandRefusal, { reason: Reason }>,
): string {
  const describe = SENTENCES[refusal.reason as Reason]; // the reason chooses the sentence for its own refusal
  return describe(refusal);
}
