import { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import type { ExecutionErrorCode } from '#protocol/tools/execution-error-codes.ts';
import type { OutgoingFrame } from '../session/session-link.ts';
import type { Execution } from './execution.ts';

/**
 * Where an execution is, for a controller that asks by sending its order again. Undefined where there is nothing to say
 * yet: it is on its way into the journal, its process is being made, or its end follows the rest of its output.
 */
export function whereItIs({ id, state }: Execution, isInJournal: boolean): OutgoingFrame | undefined {
  switch (state.kind) {
    case 'queued':
    case 'starting':
      return isInJournal ? receivedFrame(id) : undefined;
    case 'running':
      if (state.startedAt === undefined) return undefined;
      return { $case: 'started', value: { executionId: id, at: new Date(state.startedAt) } };
    case 'finished':
      return state.isSent ? { $case: 'finished', value: state.finished } : undefined;
  }
}

export function receivedFrame(executionId: string): OutgoingFrame {
  return { $case: 'received', value: { executionId } };
}

/** The end of what was never taken on. */
export function refusalFrame(executionId: string, errorCode: ExecutionErrorCode, errorMessage: string): OutgoingFrame {
  const value = Finished.fromPartial({
    executionId,
    outcome: 'failed',
    errorCode,
    errorMessage,
    finishedAt: new Date(),
  });
  return { $case: 'finished', value };
}
