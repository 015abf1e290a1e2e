import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Bytes on their way through one direction of a long wire; more are not taken. */
const MOST_BYTES_UNDERWAY = 64 << 20;

/** A wire between nodes and a controller that can be cut, and may be long: any width, no loss. */
export class TcpProxy {
  readonly #server: Server;
  readonly #delayMs: number;
  readonly #sockets = new Set<Socket>();
  #target: number | string | undefined;
  #isCut = false;

  constructor({ roundTripMs = 0 }: { roundTripMs?: number } = {}) {
    this.#delayMs = roundTripMs / 2;
    this.#server = createServer({ noDelay: true }, (client) => this.#join(client));
  }

  /** @returns the port it listens on */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port; // a TCP server
  }

  /** A port of this machine, or the path of a socket. */
  pointTo(target: number | string): void {
    this.#target = target;
  }

  /** Breaks every connection and refuses new ones. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing passes any more, and nobody is told: what an unplugged cable is like. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    if (this.#isCut || this.#target === undefined) {
      client.destroy();
      return;
    }
    const server =
      typeof this.#target === 'number' ? connect(this.#target, '127.0.0.1') : connect({ path: this.#target });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        const other = socket === client ? server : client;
        if (this.#isCut || this.#delayMs === 0) other.destroy();
        else setTimeout(() => other.destroySoon(), this.#delayMs); // behind what is on its way
      });
    }
    if (this.#delayMs === 0) {
      client.pipe(server);
      server.pipe(client);
      return;
    }
    server.setNoDelay();
    this.#carry(client, server);
    this.#carry(server, client);
  }

  /** Timers of one length go off in the order they were set. */
  #carry(from: Socket, to: Socket): void {
    let underway = 0;
    let isFull = false;
    const fill = (bytes: number) => {
      underway += bytes;
      if (isFull === underway > MOST_BYTES_UNDERWAY) return;
      isFull = !isFull;
      if (isFull) from.pause();
      else from.resume();
    };
    from.on('data', (bytes) => {
      fill(bytes.length);
      setTimeout(() => to.write(bytes, () => fill(-bytes.length)), this.#delayMs);
    });
    from.on('end', () => setTimeout(() => to.end(), this.#delayMs));
  }
}
