import { deleteCommand } from '#core/commands/delete-command.ts';
import { getCommand } from '#core/commands/read-commands.ts';
import { startCommand } from '#core/commands/start-command.ts';
import { readCommandPage } from '#core/commands/store.ts';
import type { RunId } from '#core/kernel/ids.ts';
import { orderFacts } from '#core/runs/order-facts.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { waitsFor } from '../mapping/approvals.ts';
import { writeCommand } from '../mapping/commands.ts';
import { readId } from '../mapping/ids.ts';
import { readDate } from '../mapping/instants.ts';
import { readTargeting } from '../targeting.ts';
import { Command, CommandCreate } from '../wire/commands.ts';
import { IdPath } from '../wire/paths.ts';

const tags = ['Commands.Command'];

export const commandOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/commands',
    operationId: 'createCommand',
    summary: 'Create a new command',
    description:
      'One execution for every node that is meant at this moment. Connected nodes get it at once, the others when they return, unless `expired_at` has passed by then.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'command.create',
    isIdempotent: true,
    body: CommandCreate,
    responses: { 201: { description: 'Command created', schema: singleOf(Command) } },
    errors: ['invalid', 'rate_limited'],
    async handler(ctx, deps, { body }) {
      const { command_text: text, timeout: timeoutMs = null, expired_at: expiresAt = null } = body;
      const { command, run } = await startCommand(ctx, deps, {
        text,
        timeoutMs,
        deadlineAt: expiresAt === null ? null : readDate(expiresAt, 'expired_at'),
        ...(await readTargeting(ctx, deps.db, body.targeting)),
      });
      return {
        status: 201,
        headers: { location: `/api/v1/commands/${command.id}` },
        body: single({ ...writeCommand(command), ...waitsFor(run) }),
        audit: { object: command.id, facts: { ...orderFacts(run), targets: run.targetCount } },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/commands',
    operationId: 'listCommands',
    summary: 'List all commands',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.commands),
    responses: { 200: { description: 'A page of commands', schema: pageOfItems(Command) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.commands, query);
      return { status: 200, body: paged(await readCommandPage(deps.db, ctx, request), writeCommand) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/commands/{id}',
    operationId: 'getCommand',
    summary: 'Get a specific command',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The command', schema: singleOf(Command) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: single(writeCommand(await getCommand(ctx, deps, readCommandId(params.id)))) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/commands/{id}',
    operationId: 'deleteCommand',
    summary: 'Delete a command',
    description: 'With its executions, once all of them have ended.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'command.delete',
    params: IdPath,
    responses: { 204: { description: 'Command deleted' } },
    errors: ['not_found', 'conflict'],
    async handler(ctx, deps, { params }) {
      await deleteCommand(ctx, deps, readCommandId(params.id));
      return { status: 204 };
    },
  }),
];

function readCommandId(text: string): RunId {
  return readId<RunId>(text, 'command');
}
