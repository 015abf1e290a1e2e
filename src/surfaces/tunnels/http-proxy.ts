/**
 * The HTTP proxy: CONNECT, and requests in absolute form (RFC 9110 §7.6, RFC 9112 §3.2.2). Everything of a request goes on as
 * it came but for what concerns this hop alone: query, early bytes, chunks, trailers, `Expect`, upgrades and half-closed
 * connections. Each request has a tunnel of its own; the client's connection may carry several, each with its credentials.
 *
 * Whose credentials are missing or wrong gets 407; a header block of more than 64 KiB 431; what a tunnel is refused for is in
 * `refusals.ts`, and its word is in the body.
 */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TunnelRefused } from '#core/tunnels/tunnel.ts';
import type { Tunnel } from '#core/tunnels/tunnel-desk.ts';
import { OwnedSockets } from '#runtime/owned-sockets.ts';
import type { Service } from '#runtime/service.ts';
import { readHostPort } from './host-port.ts';
import { authenticateProxy, type ProxyCredentials } from './proxy-access.ts';
import {
  CONNECTION_LIMITS,
  carry,
  openProxied,
  type ProxyClient,
  type ProxyParts,
  refuseProxied,
} from './proxy-parts.ts';
import { PROXY_ANSWERS } from './refusals.ts';

const MOST_HEADER_BYTES = 64 * 1024;
const HEADERS_WITHIN_MS = 10_000;
const PSEUDONYM = 'garrison-proxy';
/** What concerns one hop (RFC 9110 §7.6.1), beside what `Connection` names. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

interface Destination {
  readonly host: string;
  readonly port: number;
}

export class HttpProxy implements Service {
  readonly name = 'http proxy';
  readonly #parts: ProxyParts;
  readonly #sockets: OwnedSockets;
  #server: Server | undefined;
  #started: Promise<void> | undefined;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#sockets = new OwnedSockets({ name: 'http proxy', log: parts.log, limits: CONNECTION_LIMITS });
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
    const server = createServer({
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: 0,
    });
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket) => {
      if (!this.#sockets.take(socket)) return;
      for (const listener of listeners) listener.call(server, socket);
    });
    server.on('request', (request, response) => void this.#forward(request, response));
    server.on('checkContinue', (request, response) => void this.#forward(request, response));
    server.on('connect', (request, socket, head) => void this.#connect(request, socket, head));
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (!socket.writable) return void socket.destroy();
      answerRaw(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400, 'the request could not be read\n');
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#parts.port, this.#parts.host, resolve);
    });
    this.#server = server;
  }

  async #connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    holdBack(socket, head);
    try {
      const tunnel = await this.#open(request, readHostPort(request.url ?? ''));
      if (socket.destroyed) return void closeUnused(tunnel);
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      await carry(socket, tunnel);
    } catch (error) {
      answerRaw(socket, ...answerOf(error));
    }
  }

  /** The whole connection becomes the target's: what it answers is not ours to read. */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    holdBack(socket, head);
    try {
      const { tunnel, url } = await this.#openUrl(request);
      if (socket.destroyed) return void closeUnused(tunnel);
      const upgrade = ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
      const headers = [...headersFor(request, url), ...upgrade];
      tunnel.stream.write(headBytes(`${request.method} ${pathOf(url)} HTTP/1.1`, headers));
      await carry(socket, tunnel);
    } catch (error) {
      answerRaw(socket, ...answerOf(error));
    }
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { tunnel, url } = await this.#openUrl(request);
      if (response.destroyed) return void closeUnused(tunnel);
      forwardThrough(tunnel, request, response, url);
    } catch (error) {
      const [status, body, headers] = answerOf(error);
      request.resume();
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close', ...headers });
      response.end(body);
    }
  }

  /** @throws TunnelRefused for a request in origin form: it is meant for a server, and this is none */
  async #openUrl(request: IncomingMessage): Promise<{ readonly tunnel: Tunnel; readonly url: URL }> {
    const url = absoluteUrl(request);
    const tunnel = await this.#open(request, url && destinationOf(url));
    if (url === undefined) throw badTarget();
    return { tunnel, url };
  }

  async #open(request: IncomingMessage, destination: Destination | undefined): Promise<Tunnel> {
    const client = await this.#clientOf(request);
    if (client === undefined) throw destination === undefined ? badTarget() : new Unauthenticated();
    if (destination === undefined) throw refuseProxied(this.#parts, client, badTarget());
    if (viaOf(request).includes(PSEUDONYM)) throw refuseProxied(this.#parts, client, loop());
    return openProxied(this.#parts, client, destination);
  }

  /** Undefined for nobody we know. */
  async #clientOf({ headers, socket }: IncomingMessage): Promise<ProxyClient | undefined> {
    const credentials = credentialsOf(headers['proxy-authorization']);
    if (credentials === undefined) return undefined; // browsers ask without at first
    const principal = await authenticateProxy(this.#parts.keys, credentials);
    if (principal === undefined) this.#parts.desk.counts.unauthenticated('proxy');
    return principal && { principal, credentials, address: socket.remoteAddress };
  }
}

class Unauthenticated extends Error {}

function badTarget(): TunnelRefused {
  return new TunnelRefused(
    'invalid_address',
    'this is a proxy: ask it for a whole URL that begins with http://, or use CONNECT with host:port',
  );
}

function loop(): TunnelRefused {
  return new TunnelRefused('proxy_loop', 'this request has come through this proxy before');
}

type Answer = readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];

function answerOf(error: unknown): Answer {
  if (error instanceof Unauthenticated)
    return [407, 'give the proxy key or a token as the password\n', { 'Proxy-Authenticate': 'Basic realm="Garrison"' }];
  if (error instanceof TunnelRefused) return [PROXY_ANSWERS[error.reason].http, `${error.reason}: ${error.message}\n`];
  return [502, 'broken: the request could not be passed on\n'];
}

function answerRaw(socket: Duplex, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  const all = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': `${Buffer.byteLength(body)}`,
    ...headers,
  };
  const head = headBytes(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, [
    ...Object.entries(all).flat(),
    'Connection',
    'close',
  ]);
  socket.end(Buffer.concat([head, Buffer.from(body)]));
}

/** One request and its answer. The tunnel is over when both are, or when either end goes away. */
function forwardThrough(tunnel: Tunnel, request: IncomingMessage, response: ServerResponse, url: URL): void {
  const { stream, signal } = tunnel;
  const from = { read: request.socket.bytesRead, written: request.socket.bytesWritten };
  const headers = [...headersFor(request, url), 'Connection', 'close'];
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  const outgoing = httpRequest({
    method: request.method ?? 'GET',
    path: pathOf(url),
    headers,
    createConnection: () => stream,
    setHost: false,
  });
  const over = (why: string) => {
    signal.removeEventListener('abort', aborted);
    stream.destroy();
    const { bytesRead, bytesWritten } = request.socket;
    tunnel.over({ why, bytesUp: bytesRead - from.read, bytesDown: bytesWritten - from.written });
  };
  const aborted = () => {
    response.destroy();
    over(String(signal.reason));
  };
  signal.addEventListener('abort', aborted);
  outgoing.on('continue', () => response.writeContinue());
  outgoing.on('response', (answer) => passOn(answer, response));
  outgoing.on('error', () => {
    if (!response.headersSent)
      response
        .writeHead(502, { 'Content-Type': 'text/plain', Connection: 'close' })
        .end('broken: the target ended the connection\n');
    else response.destroy();
  });
  response.on('close', () => over(response.writableFinished ? 'closed' : 'broken'));
  request.on('error', () => stream.destroy());
  request.pipe(outgoing, { end: false });
  request.on('end', () => {
    addTrailers(outgoing, request.rawTrailers);
    outgoing.end();
  });
  if (request.headers.expect !== undefined) outgoing.flushHeaders();
}

function passOn(answer: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', [
    ...withoutHops(answer),
    'Via',
    `1.1 ${PSEUDONYM}`,
  ]);
  answer.pipe(response, { end: false });
  answer.on('end', () => {
    addTrailers(response, answer.rawTrailers);
    response.end();
  });
  answer.on('error', () => response.destroy());
  answer.on('aborted', () => response.destroy());
}

function addTrailers(message: { addTrailers(pairs: [string, string][]): void }, raw: readonly string[]): void {
  if (raw.length === 0) return;
  message.addTrailers(pairsOf(raw));
}

/** Name and value, in the order they came. */
function pairsOf(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[at * 2] ?? '', raw[at * 2 + 1] ?? '']);
}

/** What a request says beyond this hop. `Host` is that of its target (RFC 9112 §3.2.2). */
function headersFor(request: IncomingMessage, url: URL): string[] {
  const kept = pairsOf(withoutHops(request)).filter(([name]) => name.toLowerCase() !== 'host');
  return ['Host', url.host, ...kept.flat(), 'Via', `${request.httpVersion} ${PSEUDONYM}`];
}

function withoutHops(message: IncomingMessage): string[] {
  const named = (message.headers.connection ?? '').toLowerCase().split(',');
  const ownHop = new Set([...HOP_BY_HOP, ...named.map((name) => name.trim())]);
  return pairsOf(message.rawHeaders)
    .filter(([name]) => !ownHop.has(name.toLowerCase()))
    .flat();
}

function viaOf(request: IncomingMessage): string {
  return [request.headers.via ?? ''].flat().join(',');
}

function headBytes(first: string, headers: readonly string[]): Buffer {
  const lines = pairsOf(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[first, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Undefined for anything else. */
function absoluteUrl({ url: text = '' }: IncomingMessage): URL | undefined {
  const url = /^http:\/\//i.test(text) ? URL.parse(text) : null;
  return url === null || url.username !== '' || url.password !== '' ? undefined : url;
}

function destinationOf({ hostname, port }: URL): Destination {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}

/** As the client wrote it, but for what a URL cannot hold. */
function pathOf({ pathname, search }: URL): string {
  return `${pathname}${search}`;
}

function credentialsOf(header: string | undefined): ProxyCredentials | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]{1,2048})$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at < 0 ? undefined : { user: text.slice(0, at), password: text.slice(at + 1) };
}

/** What came with the head of the request is read first, and nothing is read until there is somebody to read it. */
function holdBack(socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy());
  socket.pause();
  if (head.length > 0) socket.unshift(head);
}

function closeUnused(tunnel: Tunnel): void {
  tunnel.stream.destroy();
  tunnel.over({ why: 'broken', bytesUp: 0, bytesDown: 0 });
}
