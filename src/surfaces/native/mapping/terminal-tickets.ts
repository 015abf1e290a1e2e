import type { Static } from 'typebox';
import type { IssuedTicket, TicketPurpose } from '#core/terminals/terminal-ticket.ts';
import type { TerminalTicket, TerminalTicketRequest } from '../wire/terminal-tickets.ts';
import { writeInstant } from './instants.ts';

export function readTicketRequest(request: Static<typeof TerminalTicketRequest>): TicketPurpose {
  if (request.kind === 'watch') return { kind: 'watch', sessionId: request.session_id };
  if (request.kind === 'session') return { kind: 'session', sessionId: request.session_id, position: request.position };
  const { node, user, command = [], window } = request;
  return { kind: 'terminal', node, target: { command, user, terminal: window } };
}

/** Where and how a ticket is presented; `surfaces/tunnels/terminal-socket.ts` is there. */
const SOCKET = { protocol: 'garrison-terminal.1', path: '/v1/terminal-sessions/socket' };

export function writeTicket({ secret, expiresAt }: IssuedTicket): Static<typeof TerminalTicket> {
  return { ticket: secret.reveal(), ...SOCKET, expires_at: writeInstant(expiresAt) };
}
