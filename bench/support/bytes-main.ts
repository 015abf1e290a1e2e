/** A server that sends as many bytes as the first eight bytes of a connection ask for, and keeps the connection after that. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { serveParent } from './child.ts';

const PIECE = Buffer.alloc(256 * 1024, 'x');

serveParent<never>({ start });

async function start(): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (asked: Buffer) => send(socket, Number(asked.readBigUInt64BE())));
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 }, resolve));
  return (server.address() as AddressInfo).port; // a TCP server
}

function send(socket: Socket, bytes: number): void {
  for (let left = bytes; left > 0; left -= PIECE.length) {
    if (socket.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE)) continue;
    socket.once('drain', () => send(socket, left - PIECE.length));
    return;
  }
}
