/**
 * Tunnels for the command line, on the port of the API: `GET /v1/tunnels` with `Upgrade: garrison-tunnel/1`. What is wanted is
 * JSON, base64url, in the header `Garrison-Tunnel` (never in the path, which proxies log). 101 and the connection is
 * the tunnel; anything else is an answer in the envelope of the native surface, with the reason as its word.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { TerminalTarget, TunnelTarget } from '#core/tunnels/tunnel.ts';
import type { TunnelCaller, TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import type { Upgrades } from '../http/listeners.ts';
import { type AuthenticateHeaders, doorCaller } from './door-caller.ts';
import { carry } from './proxy-parts.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { TerminalRoom } from './terminal-room.ts';

export const TUNNEL_PROTOCOL = 'garrison-tunnel/1';
const PATH = '/v1/tunnels';
const MOST_HEADER_CHARACTERS = 12_000;
const MOST_WORDS = 1_000;
const LONGEST_WORD = 8_000;

export interface TunnelDoorParts {
  readonly desk: Pick<TunnelDesk, 'open' | 'refuse' | 'counts'>;
  readonly terminals: Pick<TerminalRoom, 'open' | 'resume' | 'watch'>;
  readonly authenticate: AuthenticateHeaders;
}

export function tunnelDoor(parts: TunnelDoorParts): Upgrades {
  return {
    takes: ({ url = '', headers }) => headers.upgrade?.toLowerCase() === TUNNEL_PROTOCOL && url.split('?')[0] === PATH,
    serve: (request, socket, head) => void serve(parts, { request, socket, head }),
  };
}

interface Arrival {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function serve(parts: TunnelDoorParts, { request, socket, head }: Arrival): Promise<void> {
  const { authenticate, desk } = parts;
  socket.on('error', () => socket.destroy());
  socket.pause();
  if (head.length > 0) socket.unshift(head);
  try {
    const { headers } = request;
    const principal = await authenticate(headers).catch((error) => {
      if (error instanceof FleetError && error.code === 'unauthenticated') desk.counts.unauthenticated('tunnel');
      throw error;
    });
    const address = request.socket.remoteAddress;
    const callerFor = (kind: Wanted['kind']) => doorCaller(authenticate, { principal, headers, address, kind });
    const wanted = readOr(headers['garrison-tunnel'], () =>
      desk.refuse({ caller: callerFor('tcp') }, { reason: 'invalid_address' }),
    );
    const caller = callerFor(wanted.kind);
    const opened = await open(parts, caller, wanted);
    if (!socket.destroyed)
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${TUNNEL_PROTOCOL}\r\nConnection: Upgrade\r\n\r\n`);
    await opened(socket);
  } catch (error) {
    refuseUpgrade(socket, error);
  }
}

/** @throws FleetError as `readWanted` does, when `refused` has been told */
function readOr(header: string | string[] | undefined, refused: () => void): Wanted {
  try {
    return readWanted(header);
  } catch (error) {
    refused();
    throw error;
  }
}

/** What carries the connection of the client. @throws TunnelRefused */
async function open(
  { desk, terminals }: TunnelDoorParts,
  caller: TunnelCaller,
  wanted: Wanted,
): Promise<(client: Duplex) => Promise<void>> {
  if (wanted.kind === 'tcp') {
    const { node, host, port } = wanted;
    const tunnel = await desk.open({ caller, node, purpose: { kind: 'tcp', host, port } });
    return (client) => carry(client, tunnel);
  }
  if (wanted.kind === 'ssh') {
    const tunnel = await desk.open({ caller, node: wanted.node, purpose: { kind: 'ssh' } });
    return (client) => carry(client, tunnel);
  }
  if (wanted.kind === 'watch') {
    const watch = await terminals.watch({ caller, ...wanted });
    return async (client) => watch(client);
  }
  const session =
    wanted.kind === 'session'
      ? await terminals.resume({ caller, ...wanted })
      : await terminals.open({ caller, door: 'command_line', ...wanted });
  return (client) => session.carry(client);
}

type Wanted =
  | { readonly kind: 'ssh'; readonly node: string }
  | ({ readonly kind: 'tcp'; readonly node: string } & TunnelTarget)
  | { readonly kind: 'terminal'; readonly node: string; readonly target: TerminalTarget; readonly isTold: boolean }
  | { readonly kind: 'watch'; readonly sessionId: string }
  | { readonly kind: 'session'; readonly sessionId: string; readonly position: number };

/** @throws FleetError `invalid` naming what is wrong with it */
function readWanted(header: string | string[] | undefined): Wanted {
  const { node, kind, ...rest } = recordOf(header);
  if (kind === 'session') return { kind, ...readSession(rest) };
  if (kind === 'watch') return { kind, sessionId: readSession({ position: 0, ...rest }).sessionId };
  if (typeof node !== 'string' || node === '' || node.length > 300) throw invalid('node is the name or id of a node');
  if (kind === 'tcp') return { kind, node, ...readTcp(rest) };
  if (kind === 'terminal') return { kind, node, target: readTerminal(rest), isTold: rest.sessions === true };
  if (kind === 'ssh') return { kind, node };
  throw invalid('kind is tcp, ssh, terminal, session or watch');
}

function readSession({ id, position }: Readonly<Record<string, unknown>>) {
  if (typeof id !== 'string') throw invalid('id is the id of a session');
  return { sessionId: id, position: numberWithin('position', position, 0, Number.MAX_SAFE_INTEGER) };
}

function recordOf(header: string | string[] | undefined): Readonly<Record<string, unknown>> {
  if (typeof header !== 'string' || header.length > MOST_HEADER_CHARACTERS)
    throw invalid(`Garrison-Tunnel is JSON in base64url, of ${MOST_HEADER_CHARACTERS} characters at most`);
  try {
    const wanted: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted))
      return wanted as Readonly<Record<string, unknown>>; // checked on the line above
  } catch {
    // told below
  }
  throw invalid('Garrison-Tunnel is a JSON object in base64url');
}

function readTcp({ host, port }: Readonly<Record<string, unknown>>): TunnelTarget {
  if (host !== undefined && (typeof host !== 'string' || host === '' || host.length > 253))
    throw invalid('host is a name or an address');
  return { host, port: numberWithin('port', port, 1, 65_535) };
}

function readTerminal({ command = [], user, terminal }: Readonly<Record<string, unknown>>): TerminalTarget {
  if (!Array.isArray(command) || command.length > MOST_WORDS || !command.every(isWord))
    throw invalid(`command is a list of ${MOST_WORDS} texts at most, without NUL`);
  if (user !== undefined && (typeof user !== 'string' || !/^[\w.@-]{1,64}$/.test(user) || user.startsWith('-')))
    throw invalid('user is the name of a user of the node');
  return { command, user, terminal: terminal === undefined ? undefined : readWindow(terminal) };
}

function isWord(word: unknown): word is string {
  return typeof word === 'string' && word.length <= LONGEST_WORD && !word.includes('\0');
}

function readWindow(value: unknown) {
  const { columns, rows, type } = (value ?? {}) as Readonly<Record<string, unknown>>; // each field is checked below
  if (typeof type !== 'string' || !/^[\w.+-]{1,64}$/.test(type))
    throw invalid('terminal.type is a name such as xterm-256color');
  return {
    columns: numberWithin('terminal.columns', columns, 1, 65_535),
    rows: numberWithin('terminal.rows', rows, 1, 65_535),
    type,
  };
}

function numberWithin(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`${name} is a whole number from ${least} to ${most}`);
}

function invalid(message: string): FleetError {
  return new FleetError('invalid', message);
}
