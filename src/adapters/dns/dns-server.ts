import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { OverlayNames } from '#core/clusters/overlay-names.ts';
import type { Log } from '#runtime/log.ts';
import { OwnedSockets, type SocketLimits } from '#runtime/owned-sockets.ts';
import type { Service } from '#runtime/service.ts';
import { answerQuery, type Zone } from './answer-query.ts';
import { MessageReader, withLength } from './tcp-messages.ts';

export interface DnsServerOptions {
  readonly host: string;
  /** 0: a free one, the same for UDP and TCP. */
  readonly port: number;
  readonly names: OverlayNames;
  readonly log: Log;
  /** Default `nm.internal`. */
  readonly zoneName?: string;
  /** Default 30. */
  readonly ttlSeconds?: number;
  /** Bounds of the connections over TCP. Default: 128, of one address 16, each quiet for 10 s at most. */
  readonly limits?: SocketLimits;
}

/** Over UDP, what comes while so many wait for the database is dropped: the client asks again. */
const MAX_WAITING = 256;
const LIMITS = { most: 128, mostPerAddress: 16, firstUseMs: 10_000, idleMs: 10_000, stalledMs: 10_000 };
/** Bytes of answers that may wait on one connection; whoever reads none is sent away. */
const MOST_BYTES_WAITING = 256 * 1024;

/**
 * A name server for the one zone of the overlay, over UDP and TCP on the same port. It answers from the database, with
 * authority, and refuses everything outside the zone: it resolves nothing for anybody. It may be started again after it
 * was stopped.
 */
export class DnsServer implements Service {
  readonly name = 'dns';
  readonly #options: DnsServerOptions;
  readonly #zone: Zone;
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  #started: Promise<void> | undefined;
  #waiting = 0;
  readonly #connections: OwnedSockets;

  constructor(options: DnsServerOptions) {
    this.#options = options;
    const { log, limits = LIMITS } = options;
    this.#connections = new OwnedSockets({ name: 'dns', log, limits });
    this.#zone = { name: options.zoneName ?? 'nm.internal', ttlSeconds: options.ttlSeconds ?? 30 };
  }

  /** Where it listens, while it does. */
  get port(): number | undefined {
    return (this.#tcp?.address() as AddressInfo | null | undefined)?.port; // it listens on a port, not on a path
  }

  start(): Promise<void> {
    this.#started ??= this.#listen();
    return this.#started;
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => {}); // told to whoever started it
    this.#started = undefined;
    await this.#close();
  }

  async #listen(): Promise<void> {
    const { host, port, log } = this.#options;
    try {
      this.#tcp = createServer((socket) => this.#connections.take(socket) && this.#converse(socket));
      this.#tcp.listen(port, host);
      await once(this.#tcp, 'listening');
      this.#udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      this.#udp.bind(this.port, host);
      await once(this.#udp, 'listening');
    } catch (error) {
      await this.#close();
      throw error;
    }
    this.#udp.on('message', (message, from) => void this.#answerDatagram(message, from));
    this.#udp.on('error', (error) => log.warn({ err: error }, 'the name server could not read a datagram'));
    this.#tcp.on('error', (error) => log.warn({ err: error }, 'the name server could not take a connection'));
    log.info({ host, port: this.port, zone: this.#zone.name }, 'the name server listens');
  }

  async #close(): Promise<void> {
    const [udp, tcp] = [this.#udp, this.#tcp];
    this.#udp = undefined;
    this.#tcp = undefined;
    this.#connections.endAll();
    await Promise.all([
      udp && new Promise<void>((resolve) => udp.close(() => resolve())),
      tcp?.listening && new Promise<void>((resolve) => tcp.close(() => resolve())),
    ]);
  }

  async #answerDatagram(message: Buffer, { address, port }: RemoteInfo): Promise<void> {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting += 1;
    const answer = await this.#answer(message, 'udp');
    this.#waiting -= 1;
    if (answer !== undefined) this.#udp?.send(answer, port, address, () => {}); // an answer that gets lost is asked for again
  }

  #converse(socket: Socket): void {
    const reader = new MessageReader();
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#connections.ready(peer);
    let answered: Promise<void> = Promise.resolve();
    socket.on('data', (data) => {
      socket.pause();
      const messages = reader.read(data);
      answered = answered.then(async () => {
        if (messages.length > 0) {
          const ended = this.#connections.use(peer, socket);
          for (const message of messages) await this.#answerOn(socket, message);
          ended();
        }
        socket.resume();
      });
    });
  }

  async #answerOn(socket: Socket, message: Buffer): Promise<void> {
    const answer = await this.#answer(message, 'tcp');
    if (answer === undefined || socket.writableLength > MOST_BYTES_WAITING) socket.destroy();
    else if (!socket.destroyed) socket.write(withLength(answer));
  }

  #answer(message: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    const { names, log } = this.#options;
    const onFailure = (error: unknown) => log.warn({ err: error }, 'the name server could not look up a name');
    return answerQuery(message, { zone: this.#zone, names, transport, onFailure });
  }
}
