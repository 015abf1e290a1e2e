import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectProxyOptions {
  /** `user:password`; default: everybody may use it. */
  readonly credentials?: string;
  /** Where the ways lead, whatever is asked for: names of tests have no address. */
  readonly target: () => number;
}

/** An HTTP proxy that knows CONNECT, as those at the edge of a company's network do. */
export class ConnectProxy {
  /** What was asked for, and whether it was given. */
  readonly asked: { readonly endpoint: string; readonly isGiven: boolean }[] = [];
  readonly #options: ConnectProxyOptions;
  readonly #server = createServer((_, response) => void response.writeHead(405).end());
  readonly #sockets = new Set<Duplex>();

  constructor(options: ConnectProxyOptions) {
    this.#options = options;
    this.#server.on('connection', (socket: Socket) => this.#own(socket));
    this.#server.on('connect', ({ url = '', headers }, client) =>
      this.#lead(url, headers['proxy-authorization'], client),
    );
  }

  /** @returns where it listens, `host:port` */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
  }

  /** Every way it leads ends. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #own(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #lead(endpoint: string, authorization: string | undefined, client: Duplex): void {
    const { credentials, target } = this.#options;
    const isGiven =
      credentials === undefined || authorization === `Basic ${Buffer.from(credentials).toString('base64')}`;
    this.asked.push({ endpoint, isGiven });
    if (!isGiven) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="t"\r\n\r\n');
      return;
    }
    const server = connect(target(), '127.0.0.1');
    this.#own(server);
    server.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.once('close', () => other.destroy());
  }
}
