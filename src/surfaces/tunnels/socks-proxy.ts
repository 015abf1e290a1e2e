/**
 * The SOCKS5 proxy (RFC 1928): CONNECT with a user and a password (RFC 1929), nothing else. Greeting, credentials and
 * request have ten seconds together; then the connection is the tunnel's. What it is refused for is told by a reply code of
 * `refusals.ts`; the word for it is in the audit log.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TunnelRefused } from '#core/tunnels/tunnel.ts';
import { OwnedSockets } from '#runtime/owned-sockets.ts';
import type { Service } from '#runtime/service.ts';
import { authenticateProxy } from './proxy-access.ts';
import {
  CONNECTION_LIMITS,
  carry,
  openProxied,
  type ProxyClient,
  type ProxyDestination,
  type ProxyParts,
  refuseProxied,
} from './proxy-parts.ts';
import { PROXY_ANSWERS } from './refusals.ts';

const VERSION = 5;
const BY_PASSWORD = 2;
const NO_METHOD = 0xff;
const PASSWORD_VERSION = 1;
const CONNECT = 1;
const OK = 0;
const GENERAL_FAILURE = 1;
const COMMAND_NOT_SUPPORTED = 7;
const ADDRESS_NOT_SUPPORTED = 8;
const IPV4 = 1;
const DOMAIN = 3;
const IPV6 = 4;
const HANDSHAKE_WITHIN_MS = 10_000;

/** The client is told this code, or nothing, and the connection ends. */
class Refusal extends Error {
  readonly reply: Buffer | undefined;

  constructor(reply?: Buffer) {
    super('refused');
    this.reply = reply;
  }
}

export class SocksProxy implements Service {
  readonly name = 'socks proxy';
  readonly #parts: ProxyParts;
  readonly #sockets: OwnedSockets;
  #server: Server | undefined;
  #started: Promise<void> | undefined;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#sockets = new OwnedSockets({ name: 'socks proxy', log: parts.log, limits: CONNECTION_LIMITS });
  }

  /** Where it listens, while it does. */
  get port(): number | undefined {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port; // it listens on a port, not on a path
  }

  start(): Promise<void> {
    this.#started ??= this.#listen();
    return this.#started;
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => {}); // told to whoever started it
    this.#started = undefined;
    this.#server?.close();
    this.#server = undefined;
    this.#sockets.endAll();
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (this.#sockets.take(socket)) void this.#serve(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#parts.port, this.#parts.host, resolve);
    });
    this.#server = server;
  }

  async #serve(socket: Socket): Promise<void> {
    const late = setTimeout(() => socket.destroy(), HANDSHAKE_WITHIN_MS);
    try {
      const client = await this.#authenticate(socket);
      const destination = await this.#readRequest(socket, client);
      clearTimeout(late);
      const tunnel = await openProxied(this.#parts, client, destination);
      socket.write(reply(OK));
      await carry(socket, tunnel);
    } catch (error) {
      const answer = answerOf(error);
      if (answer === undefined || !socket.writable) socket.destroy();
      else socket.end(answer, () => socket.destroySoon());
    } finally {
      clearTimeout(late);
    }
  }

  async #authenticate(socket: Socket): Promise<ProxyClient> {
    const [version = 0, count = 0] = await read(socket, 2);
    if (version !== VERSION) throw new Refusal();
    const methods = await read(socket, count);
    if (!methods.includes(BY_PASSWORD)) throw new Refusal(Buffer.of(VERSION, NO_METHOD));
    socket.write(Buffer.of(VERSION, BY_PASSWORD));
    const [subVersion = 0, length = 0] = await read(socket, 2);
    if (subVersion !== PASSWORD_VERSION) throw new Refusal();
    const user = (await read(socket, length)).toString('utf8');
    const [passwordLength = 0] = await read(socket, 1);
    const credentials = { user, password: (await read(socket, passwordLength)).toString('utf8') };
    const principal = await authenticateProxy(this.#parts.keys, credentials);
    if (principal === undefined) {
      this.#parts.desk.counts.unauthenticated('proxy');
      throw new Refusal(Buffer.of(PASSWORD_VERSION, GENERAL_FAILURE));
    }
    socket.write(Buffer.of(PASSWORD_VERSION, OK));
    return { credentials, principal, address: socket.remoteAddress };
  }

  async #readRequest(socket: Socket, client: ProxyClient): Promise<ProxyDestination> {
    try {
      return await readRequest(socket);
    } catch (error) {
      if (error instanceof Refusal && error.reply !== undefined) refuseProxied(this.#parts, client, notDone());
      throw error;
    }
  }
}

/** Another command than CONNECT, or an address that is none. */
function notDone(): TunnelRefused {
  return new TunnelRefused(
    'invalid_address',
    'this proxy connects to a name or an address and a port, and does nothing else',
  );
}

async function readRequest(socket: Socket): Promise<ProxyDestination> {
  const [version = 0, command = 0, , kind = 0] = await read(socket, 4);
  if (version !== VERSION) throw new Refusal();
  const host = await readHost(socket, kind);
  const port = (await read(socket, 2)).readUInt16BE();
  if (command !== CONNECT) throw new Refusal(reply(COMMAND_NOT_SUPPORTED));
  if (port === 0 || host === '' || /[^\x21-\x7e]/.test(host)) throw new Refusal(reply(GENERAL_FAILURE));
  return { host, port };
}

async function readHost(socket: Socket, kind: number): Promise<string> {
  if (kind === IPV4) return [...(await read(socket, 4))].join('.');
  if (kind === IPV6) {
    const bytes = await read(socket, 16);
    return Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16)).join(':');
  }
  if (kind !== DOMAIN) throw new Refusal(reply(ADDRESS_NOT_SUPPORTED));
  const [length = 0] = await read(socket, 1);
  return (await read(socket, length)).toString('latin1');
}

function answerOf(error: unknown): Buffer | undefined {
  if (error instanceof Refusal) return error.reply;
  return reply(error instanceof TunnelRefused ? PROXY_ANSWERS[error.reason].socks : GENERAL_FAILURE);
}

/** With an address of zeros: where the node dialled from is nobody's business here. */
function reply(code: number): Buffer {
  return Buffer.of(VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0);
}

/**
 * So many bytes, however they come. The socket is stopped after each piece, so that an end is not told before what came
 * before it is taken, and what was read too much goes back.
 */
async function read(socket: Socket, length: number): Promise<Buffer> {
  let taken: Buffer = Buffer.alloc(0);
  while (taken.length < length) {
    const piece = await nextPiece(socket);
    if (piece === undefined) throw new Refusal();
    taken = taken.length === 0 ? piece : Buffer.concat([taken, piece]);
  }
  if (taken.length > length) socket.unshift(taken.subarray(length));
  return taken.subarray(0, length);
}

/** Undefined when there is none any more. */
function nextPiece(socket: Socket): Promise<Buffer | undefined> {
  if (socket.readableEnded || socket.destroyed) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const settle = (piece?: Buffer) => {
      socket.pause();
      socket.off('data', settle).off('end', ended).off('close', ended);
      resolve(piece);
    };
    const ended = () => settle();
    socket.on('data', settle).on('end', ended).on('close', ended);
    socket.resume();
  });
}
