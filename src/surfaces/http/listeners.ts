import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { answerBrokenRequest } from './broken-request.ts';
import type { Surface } from './surface.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export interface HttpListenersOptions {
  readonly app: FastifyInstance;
  readonly surfaces: readonly Surface[];
  readonly log: Log;
  readonly plain?: ListenAddress;
  /** Asks every client for a certificate and takes those who have none; what a certificate is worth surfaces decide. */
  readonly tls?: ListenAddress & { readonly credentials: TlsCredentials };
  /** How long requests that are being served may take to finish when it stops. Default 10,000 ms. */
  readonly drainMs?: number;
}

export interface TlsCredentials {
  /** PEM, leaf first. */
  readonly certificateChain: string;
  readonly privateKey: string;
  /** Whom client certificates are held against, PEM: root and intermediates. */
  readonly clientAuthorities: string;
}

/**
 * The sockets of one app: plain HTTP and TLS side by side. Stopping it takes no more connections, ends the event
 * streams, lets requests finish, and closes what is left after `drainMs`; the app is closed with it. It starts once.
 */
export class HttpListeners implements Service {
  readonly name = 'http listeners';
  readonly #options: HttpListenersOptions;
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

  /** A connection kept alive while it stops would be closed by nobody. */
  readonly #serve = (request: IncomingMessage, response: ServerResponse): void => {
    response.once('close', () => this.#stopped && setImmediate(() => this.#closeIdle()));
    this.#options.app.routing(request, response);
  };

  #closeIdle(): void {
    this.#plain?.closeIdleConnections();
    this.#tls?.closeIdleConnections();
  }

  async #start(): Promise<void> {
    const { plain, tls } = this.#options;
    if (plain) {
      this.#plain = http.createServer(this.#serve);
      await this.#listen(this.#plain, plain);
    }
    if (tls) {
      const options = { ...secureContext(tls.credentials), requestCert: true, rejectUnauthorized: false };
      this.#tls = https.createServer(options, this.#serve);
      await this.#listen(this.#tls, tls);
    }
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
    const deadline = setTimeout(() => {
      for (const server of servers) server?.closeAllConnections();
    }, this.#options.drainMs ?? 10_000);
    await this.#options.app.close();
    await Promise.all(closed);
    clearTimeout(deadline);
  }
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
