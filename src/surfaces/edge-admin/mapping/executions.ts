import type { Static } from 'typebox';
import type { CommandExecution } from '#core/commands/command.ts';
import type { CancelledExecution } from '#core/executions/cancel-execution.ts';
import { STATUS_OF } from '../executions.ts';
import type * as Wire from '../wire/executions.ts';
import { writeInstant } from './instants.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function writeExecution(execution: CommandExecution): Static<typeof Wire.CommandExecution> {
  const { stage, sentAt, endedAt } = execution;
  const wasRunning = stage === 'ended' || (stage === 'cancelled' && execution.exitCode !== null);
  return {
    id: execution.id,
    command_id: execution.commandId,
    node_id: execution.nodeId,
    command_text: execution.commandText,
    cluster_name: execution.clusterName,
    target_all: execution.isForAll,
    status: STATUS_OF[stage],
    exit_code: execution.exitCode,
    output: execution.output && utf8.decode(execution.output),
    timeout: execution.timeoutMs,
    expired_at: writeInstant(execution.deadlineAt),
    sent_at: writeInstant(sentAt),
    completed_at: wasRunning ? writeInstant(endedAt) : null,
    cancelled_at: stage === 'cancelled' ? writeInstant(endedAt) : null,
    inserted_at: execution.createdAt.toISOString(),
    updated_at: execution.updatedAt.toISOString(),
  };
}

const CANCELLATION: Readonly<Record<CancelledExecution, string>> = {
  ended: 'execution cancelled',
  requested: 'cancellation request sent',
};

export function writeCancellation(cancelled: CancelledExecution): Static<typeof Wire.Cancellation> {
  return { result: CANCELLATION[cancelled] };
}
