/**
 * The WebSocket form of a terminal, for browsers: `GET /v1/terminal-sessions/socket`, subprotocols `garrison-terminal.1` and a ticket
 * (`core/terminals/terminal-ticket.ts`), never in the path, which proxies log. The ticket says what is opened.
 *
 * From the page of another site it is refused: `Origin` has to be this controller's. Whoever sends no `Origin` is no browser, and has to
 * send a credential itself: a cookie alone does not do. The ticket has to be that caller's own.
 *
 * Messages are the frames of `protocol/terminal`, in pieces of any size up to that of one frame; what passes is the same as on a tunnel of
 * the command line. Text messages say how much the client has dealt with (`socket-stream.ts`). What cannot be opened is told as an `exit` without a code, whose problem begins with the word of the refusal:
 * a browser does not let a page read the answer to an upgrade.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws'; // RFC 6455 for servers, without a listener of its own
import { FleetError } from '#core/kernel/fleet-error.ts';
import { TICKET_PREFIX, type TicketPresented, type TicketPurpose } from '#core/terminals/terminal-ticket.ts';
import { TunnelRefused } from '#core/tunnels/tunnel.ts';
import type { TunnelCaller } from '#core/tunnels/tunnel-desk.ts';
import { MOST_BYTES, writeTerminalFrame } from '#protocol/terminal/terminal-frames.ts';
import type { Upgrades } from '../http/listeners.ts';
import { headersWithSession, type SessionCookie } from '../http/session-cookie.ts';
import { type AuthenticateHeaders, doorCaller } from './door-caller.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { SocketStream } from './socket-stream.ts';
import type { TerminalRoom } from './terminal-room.ts';

export const TERMINAL_PROTOCOL = 'garrison-terminal.1';
const PATH = '/v1/terminal-sessions/socket';
const LONGEST_MESSAGE = MOST_BYTES + 64;
/** So that no proxy on the way takes it for idle. */
const PING_EVERY_MS = 20_000;
const LAST_WORDS_MS = 10_000;

export interface TerminalSocketParts {
  readonly terminals: Pick<TerminalRoom, 'open' | 'resume' | 'watch'>;
  readonly authenticate: AuthenticateHeaders;
  readonly cookie: SessionCookie;
  /** @throws FleetError `forbidden` */
  readonly takeTicket: (presented: TicketPresented) => Promise<TicketPurpose>;
  /** Where this controller is known besides the address that is called. */
  readonly publicUrl: () => string;
}

export function terminalSocket(parts: TerminalSocketParts): Upgrades {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LONGEST_MESSAGE,
    handleProtocols: () => TERMINAL_PROTOCOL,
  });
  return {
    takes: ({ url = '', headers }) => headers.upgrade?.toLowerCase() === 'websocket' && url.split('?')[0] === PATH,
    serve: (request, socket, head) => void serve(parts, server, { request, socket, head }),
  };
}

interface Arrival {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function serve(parts: TerminalSocketParts, server: WebSocketServer, arrival: Arrival): Promise<void> {
  const { request, socket, head } = arrival;
  const fail = () => socket.destroy();
  socket.on('error', fail);
  try {
    const headers = headersWithSession(request.headers, parts.cookie);
    requireOwnPage(parts, request.headers);
    const principal = await parts.authenticate(headers);
    const purpose = await parts.takeTicket({ principal, secret: ticketOf(headers) });
    const address = request.socket.remoteAddress;
    const caller = doorCaller(parts.authenticate, { principal, headers, address, kind: purpose.kind });
    socket.off('error', fail);
    server.handleUpgrade(request, socket, head, (connection) => void carry(parts, { connection, caller, purpose }));
  } catch (error) {
    refuseUpgrade(socket, error);
  }
}

/** @throws FleetError `forbidden` */
function requireOwnPage({ publicUrl }: TerminalSocketParts, headers: IncomingHttpHeaders): void {
  const { origin, host } = headers;
  const shows = headers.authorization !== undefined || headers['x-api-key'] !== undefined;
  if (origin === undefined && shows) return;
  const from = origin === undefined ? undefined : hostOf(origin);
  if (from !== undefined && [host, hostOf(publicUrl())].includes(from)) return;
  throw new FleetError(
    'forbidden',
    'a terminal is opened by a page of this controller, or by a program that sends its credential itself',
  );
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** @throws FleetError `forbidden` */
function ticketOf(headers: IncomingHttpHeaders): string {
  const named = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const ticket = named.find((one) => one.startsWith(TICKET_PREFIX));
  if (ticket !== undefined && named.includes(TERMINAL_PROTOCOL)) return ticket;
  throw new FleetError('forbidden', `the subprotocols are ${TERMINAL_PROTOCOL} and a ticket`);
}

interface Carried {
  readonly connection: WebSocket;
  readonly caller: TunnelCaller;
  readonly purpose: TicketPurpose;
}

/** Never rejects. */
async function carry(parts: TerminalSocketParts, { connection, caller, purpose }: Carried): Promise<void> {
  const client = new SocketStream(connection);
  client.on('error', () => client.destroy());
  client.pause();
  const pinging = setInterval(() => connection.ping(), PING_EVERY_MS);
  connection.once('close', () => clearInterval(pinging));
  try {
    const opened = await open(parts, caller, purpose);
    await opened(client);
  } catch (error) {
    const { reason, message } = refusalOf(error);
    const exit = { code: null, problem: `${reason}: ${message}` };
    client.end(writeTerminalFrame({ kind: 'exit', exit }));
    setTimeout(() => client.destroy(), LAST_WORDS_MS).unref();
  }
}

/** What carries the connection of the client. @throws TunnelRefused */
async function open(
  { terminals }: TerminalSocketParts,
  caller: TunnelCaller,
  purpose: TicketPurpose,
): Promise<(client: Duplex) => Promise<void> | void> {
  if (purpose.kind === 'watch') return terminals.watch({ caller, ...purpose });
  const session =
    purpose.kind === 'session'
      ? await terminals.resume({ caller, ...purpose })
      : await terminals.open({ caller, door: 'console', isTold: true, ...purpose });
  return (client) => session.carry(client);
}

function refusalOf(error: unknown): Pick<TunnelRefused, 'reason' | 'message'> {
  if (error instanceof TunnelRefused) return error;
  return { reason: 'broken', message: 'the terminal could not be opened; the log of the controller says why' };
}
