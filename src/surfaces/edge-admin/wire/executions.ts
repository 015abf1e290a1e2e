import { Type } from 'typebox';
import { EXECUTION_STATUSES } from '../executions.ts';
import { nullable, nullableInstant, oneOf, times, uuid } from './shapes.ts';

export const CommandExecution = Type.Object({
  id: uuid('Execution id'),
  command_id: uuid('Command id'),
  node_id: nullable(uuid('Node id'), { description: 'Null once the node has been deleted' }),
  command_text: nullable(Type.String()),
  cluster_name: nullable(Type.String(), { description: 'Only when the command was for one cluster by name' }),
  target_all: Type.Boolean({ description: 'The command was for everybody' }),
  status: oneOf(EXECUTION_STATUSES, 'Current status'),
  exit_code: nullable(Type.Integer(), { description: '124: ran out of time; 143: cancelled while it ran' }),
  output: nullable(Type.String(), {
    description: 'Both streams in the order they were written; lists shorten what is longer than 256 KiB',
  }),
  timeout: nullable(Type.Integer(), { description: 'Milliseconds; null: none' }),
  expired_at: nullableInstant('Deadline of the command'),
  sent_at: nullableInstant('When the node got it'),
  completed_at: nullableInstant('When its process ended'),
  cancelled_at: nullableInstant('When it was cancelled'),
  ...times,
});

export const Cancellation = Type.Object({ result: Type.String({ description: 'What has been done' }) });
