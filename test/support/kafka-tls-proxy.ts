import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';

interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * TLS before a Kafka broker that has none. Clients go where a broker says that it is, so answers are read frame by frame, and
 * its address in them is replaced by that of the proxy, which is as long: `127.0.0.1` and its port by `localhost` and ours.
 */
export class KafkaTlsProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port; // it listens on a port
  }

  /** @param address `127.0.0.1:port` */
  static async before(address: string, { certificate, key }: ServerCertificate): Promise<KafkaTlsProxy> {
    const target = Number(address.split(':')[1]);
    const sockets = new Set<Socket>();
    const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (client) => {
      const broker = connect(target, '127.0.0.1');
      for (const socket of [client, broker]) {
        sockets.add(socket);
        socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      }
      client.on('close', () => broker.destroy());
      broker.on('close', () => client.destroy());
      client.pipe(broker);
      const { port } = server.address() as AddressInfo; // it listens on a port
      carryFrames(broker, (frame) => client.write(readdressed(frame, target, port)));
    });
    server.on('tlsClientError', () => {}); // who does not trust it hangs up
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new KafkaTlsProxy(server, sockets);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A frame is four bytes of length and as much behind them. */
function carryFrames(from: Socket, take: (frame: Buffer) => void): void {
  let kept = Buffer.alloc(0);
  from.on('data', (chunk) => {
    kept = Buffer.concat([kept, chunk as Buffer]);
    while (kept.length >= 4 && kept.length >= 4 + kept.readUInt32BE()) {
      const end = 4 + kept.readUInt32BE();
      take(kept.subarray(0, end));
      kept = kept.subarray(end);
    }
  });
}

function readdressed(frame: Buffer, from: number, to: number): Buffer {
  const place = frame.indexOf(addressOf('127.0.0.1', from));
  if (place === -1) return frame;
  return Buffer.concat([frame.subarray(0, place), addressOf('localhost', to), frame.subarray(place + 13)]);
}

/** As answers have it: the name, and its port in four bytes. */
function addressOf(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(port);
  return Buffer.concat([Buffer.from(host), bytes]);
}
