import { hasScope } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { issueTicket } from '#core/terminals/terminal-ticket.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { readTicketRequest, writeTicket } from '../mapping/terminal-tickets.ts';
import { TerminalTicket, TerminalTicketRequest } from '../wire/terminal-tickets.ts';

const SCOPES = {
  terminal: 'garrison.terminals.open',
  session: 'garrison.terminals.open',
  watch: 'garrison.sessions.watch',
} as const;

export const terminalTicketOperations = [
  defineOperation({
    method: 'POST',
    path: '/v1/terminal-sessions/tickets',
    operationId: 'createTerminalTicket',
    summary: 'A ticket that opens a terminal by a WebSocket, once',
    description:
      'For browsers. The ticket is good for half a minute, together with the credential it was asked for with, and opens what is named here: a new terminal, the caller’s own after a cut, or a look at somebody’s. It is presented as a subprotocol. Binary messages are frames of one byte for the kind, four for the length, big-endian, and at most 65,536 bytes. Text messages of the client are numbers: of bytes it has dealt with since the last one; no more than 524,288 are sent beyond those.',
    tags: ['Terminals'],
    isExtension: true,
    principals: callers,
    scope: ['garrison.terminals.open', 'garrison.sessions.watch'],
    auditAction: 'terminal_ticket.create',
    isIdempotent: true,
    hasSecretAnswer: true,
    body: TerminalTicketRequest,
    responses: { 201: { description: 'The ticket.', schema: TerminalTicket } },
    errors: ['forbidden', 'rate_limited'],
    async handler(ctx, deps, { body }) {
      const { kind } = body;
      if (!hasScope(ctx.principal, SCOPES[kind]))
        throw new FleetError('insufficient_scope', `this needs the scope ${SCOPES[kind]}`);
      const ticket = await issueTicket(ctx, deps, readTicketRequest(body));
      const object = body.kind === 'terminal' ? body.node : body.session_id;
      return { status: 201, body: writeTicket(ticket), audit: { object, facts: { kind } } };
    },
  }),
];
