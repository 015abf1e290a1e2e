import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import proxyAddr from '@fastify/proxy-addr';
import type { FastifyInstance } from 'fastify';
import { AddressDebts } from '#runtime/address-debts.ts';
import { Admission } from '#runtime/admission.ts';
import type { Log } from '#runtime/log.ts';
import { OwnedSockets, type OwnedSocketsOptions, type SocketLimits } from '#runtime/owned-sockets.ts';
import { keepIssuersOfPeers } from '#runtime/peer-certificates.ts';
import type { Service } from '#runtime/service.ts';
import { answerBrokenRequest } from './broken-request.ts';
import type { Surface } from './surface.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

/** Requests that become connections of another protocol. */
export interface Upgrades {
  /** Every other request to upgrade is served as if it had not asked (RFC 9110 §7.8). */
  takes(request: IncomingMessage): boolean;
  /** The connection is its own from now on. */
  serve(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface HttpListenersOptions {
  readonly app: FastifyInstance;
  readonly surfaces: readonly Surface[];
  readonly log: Log;
  readonly plain?: ListenAddress;
  /** Asks every client for a certificate and takes those who have none; what a certificate is worth surfaces decide. */
  readonly tls?: ListenAddress & { readonly credentials: TlsCredentials };
  /** Limits of each listener; see `SocketLimits` for what is not given. */
  readonly limits?: Partial<SocketLimits>;
  /** Addresses or networks to which the bound per address does not apply: they speak for many clients. */
  readonly trustedProxies?: readonly string[];
  /** How long requests that are being served may take to finish when it stops. Default 10,000 ms. */
  readonly drainMs?: number;
  /** The first one that takes a request has it. */
  readonly upgrades?: readonly Upgrades[];
}

export interface TlsCredentials {
  /** PEM, leaf first. */
  readonly certificateChain: string;
  readonly privateKey: string;
  /** Whom client certificates are held against, PEM: root and intermediates. */
  readonly clientAuthorities: string;
}

const LIMITS: SocketLimits = { most: 10_000, mostPerAddress: 1_000 };
/** Handshakes of TLS; those over the rate wait, addresses in turn. */
const HANDSHAKES = { perSecond: 500, burst: 200, maxWaiting: 10_000 };

/**
 * The sockets of one app: plain HTTP and TLS side by side, each with bounds of its own (`OwnedSockets`). An address whose
 * handshakes of TLS are not followed by requests waits for further ones (`AddressDebts`). Stopping it takes
 * no more connections, ends the event streams and whatever makes no request, lets requests finish, and closes what is left
 * after `drainMs`; the app is closed with it. It starts once.
 */
export class HttpListeners implements Service {
  readonly name = 'http listeners';
  readonly #options: HttpListenersOptions;
  readonly #owned: OwnedSockets[] = [];
  #admission: Admission | undefined;
  #plain: Server | undefined;
  #tls: https.Server | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpListenersOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Where the plain listener is reached; undefined without one. */
  get plainAddress(): ListenAddress | undefined {
    return addressOf(this.#plain);
  }

  get tlsAddress(): ListenAddress | undefined {
    return addressOf(this.#tls);
  }

  /** New connections use these from now on. */
  replaceCredentials(credentials: TlsCredentials): void {
    this.#tls?.setSecureContext(secureContext(credentials));
  }

  async #start(): Promise<void> {
    const { plain, tls } = this.#options;
    if (plain) {
      const server = http.createServer(this.#serverOptions);
      this.#plain = server;
      const { sockets, serve } = this.#own('API', server);
      server.on('connection', (socket: Socket) => {
        if (!sockets.take(socket)) return;
        sockets.ready(peerOf(socket));
        serve(socket);
      });
      await this.#listen(server, plain);
    }
    if (tls) {
      const options = {
        ...this.#serverOptions,
        ...secureContext(tls.credentials),
        requestCert: true,
        rejectUnauthorized: false,
      };
      keepIssuersOfPeers();
      const server = https.createServer(options);
      this.#tls = server;
      const debts = new AddressDebts();
      const { sockets, serve } = this.#own('API over TLS', server, { accounts: debts, isPaidBy: 'first call' });
      const admit = (socket: Socket) => {
        sockets.shaking(peerOf(socket));
        serve(socket);
      };
      const admission = new Admission(HANDSHAKES, { admit, debts });
      this.#admission = admission;
      server.on('connection', (socket: Socket) => {
        if (sockets.take(socket)) admission.arrive(socket);
      });
      server.on('secureConnection', (socket) => sockets.ready(peerOf(socket)));
      server.removeAllListeners('tlsClientError'); // it would answer in HTTP, on a connection that cannot carry it
      server.on('tlsClientError', (_, socket) => socket.destroy());
      await this.#listen(server, tls);
    }
  }

  get #serverOptions() {
    return { shouldUpgradeCallback: (request: IncomingMessage) => this.#upgradesOf(request) !== undefined };
  }

  #upgradesOf(request: IncomingMessage): Upgrades | undefined {
    return this.#options.upgrades?.find((one) => one.takes(request));
  }

  /** Its sockets, and what the server does with a connection once it may: nothing comes to it but through `serve`. */
  #own(
    name: string,
    server: Server,
    debts?: OwnedSocketsOptions['debts'],
  ): { readonly sockets: OwnedSockets; readonly serve: (socket: Socket) => void } {
    const { limits, log, trustedProxies = [] } = this.#options;
    const isTrusted = proxyAddr.compile([...trustedProxies]);
    const isProxy = (address: string) => isTrusted(address, 0);
    const sockets = new OwnedSockets({ name, log, limits: { ...LIMITS, isProxy, ...limits }, ...(debts && { debts }) });
    this.#owned.push(sockets);
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const ended = sockets.use(peerOf(request.socket), request.socket);
      response.once('close', () => {
        ended();
        if (this.#stopped) setImmediate(() => sockets.endIdle()); // kept alive, nobody else would close it
      });
      this.#options.app.routing(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.once('close', sockets.use(peerOf(request.socket), request.socket));
      this.#upgradesOf(request)?.serve(request, socket, head);
    });
    return { sockets, serve: (socket) => listeners.forEach((listener) => void listener.call(server, socket)) };
  }

  async #listen(server: Server, { host, port }: ListenAddress): Promise<void> {
    const { surfaces, log } = this.#options;
    server.keepAliveTimeout = 72_000;
    server.requestTimeout = 120_000;
    server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      answerBrokenRequest(surfaces, error, socket as Socket),
    );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(port, host, resolve);
    await promise;
    server.off('error', reject);
    server.on('error', (error) => log.error({ err: error }, 'an HTTP listener has failed'));
  }

  async #stop(): Promise<void> {
    await this.#started?.catch(() => {}); // told to whoever started it
    const servers = [this.#plain, this.#tls].filter((server) => server?.listening);
    const closed = servers.map((server) => closedOf(server as Server));
    this.#admission?.stop();
    for (const sockets of this.#owned) sockets.endIdle();
    const deadline = setTimeout(() => this.#endAll(), this.#options.drainMs ?? 10_000);
    await this.#options.app.close();
    await Promise.all(closed);
    clearTimeout(deadline);
    this.#endAll();
  }

  #endAll(): void {
    for (const sockets of this.#owned) sockets.endAll();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

function closedOf(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  return promise;
}

function secureContext({ certificateChain, privateKey, clientAuthorities }: TlsCredentials): SecureContextOptions {
  return { cert: certificateChain, key: privateKey, ca: clientAuthorities, minVersion: 'TLSv1.2' };
}

function addressOf(server: Server | undefined): ListenAddress | undefined {
  const address = server?.address() as AddressInfo | null | undefined; // ours never listen on a path
  return address ? { host: address.address, port: address.port } : undefined;
}
