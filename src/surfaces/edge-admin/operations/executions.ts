import { cancelCommandExecution } from '#core/commands/cancel-command-execution.ts';
import { deleteCommandExecution } from '#core/commands/delete-command.ts';
import { getCommandExecution } from '#core/commands/read-commands.ts';
import { readCommandExecutionPage } from '#core/commands/store.ts';
import type { ExecutionId } from '#core/kernel/ids.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import { EXIT_CODES } from '../executions.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { writeCancellation, writeExecution } from '../mapping/executions.ts';
import { readId } from '../mapping/ids.ts';
import { Cancellation, CommandExecution } from '../wire/executions.ts';
import { IdPath } from '../wire/paths.ts';

const tags = ['Commands.CommandExecution'];

export const executionOperations = [
  defineOperation({
    method: 'GET',
    path: '/api/v1/command_executions',
    operationId: 'listCommandExecutions',
    summary: 'List command executions',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.commandExecutions),
    responses: { 200: { description: 'A page of executions', schema: pageOfItems(CommandExecution) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.commandExecutions, query);
      return {
        status: 200,
        body: paged(await readCommandExecutionPage(deps.db, ctx, request, EXIT_CODES), writeExecution),
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/command_executions/{id}',
    operationId: 'getCommandExecution',
    summary: 'Get a specific command execution',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The execution with its whole output', schema: singleOf(CommandExecution) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const id = readExecutionId(params.id);
      const execution = await getCommandExecution(ctx, deps, { id, exitCodes: EXIT_CODES });
      return { status: 200, body: single(writeExecution(execution)) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/command_executions/{id}',
    operationId: 'deleteCommandExecution',
    summary: 'Delete a command execution',
    description: 'Once it has ended.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'command_execution.delete',
    params: IdPath,
    responses: { 204: { description: 'Execution deleted' } },
    errors: ['not_found', 'conflict'],
    async handler(ctx, deps, { params }) {
      await deleteCommandExecution(ctx, deps, readExecutionId(params.id));
      return { status: 204 };
    },
  }),

  defineOperation({
    method: 'PATCH',
    path: '/api/v1/command_executions/{id}/cancel',
    operationId: 'cancelCommandExecution',
    summary: 'Cancel a command execution',
    description:
      'One that waits is cancelled at once. One that has been sent is ended on its node, whose word is what counts: cancelled with exit code 143, or completed when it had ended before.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'command_execution.cancel',
    params: IdPath,
    responses: { 200: { description: 'Cancelled, or asked for', schema: singleOf(Cancellation) } },
    errors: ['not_found', 'conflict', 'unavailable'],
    async handler(ctx, deps, { params }) {
      const id = readExecutionId(params.id);
      return { status: 200, body: single(writeCancellation(await cancelCommandExecution(ctx, deps, id))) };
    },
  }),
];

function readExecutionId(text: string): ExecutionId {
  return readId<ExecutionId>(text, 'command execution');
}
