import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Asks the server of `bytes-main.ts`, wherever the connection leads through. */
export function ask(socket: Socket, bytes: number): void {
  const asked = Buffer.alloc(8);
  asked.writeBigUInt64BE(BigInt(bytes));
  socket.write(asked);
}

/** @returns MB/s */
export async function download(socket: Socket, bytes: number): Promise<number> {
  const startedAt = performance.now();
  let left = bytes;
  const over = new Promise<void>((resolve, reject) => {
    socket.on('data', (piece: Buffer) => {
      left -= piece.length;
      if (left <= 0) resolve();
    });
    socket.once('close', () => reject(new Error(`the connection ended ${left} bytes early`)));
  });
  ask(socket, bytes);
  socket.resume(); // whoever read the answer of a proxy has stopped it
  await over;
  socket.destroy();
  return bytes / 1e6 / ((performance.now() - startedAt) / 1_000);
}

export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** By CONNECT of an HTTP proxy. @param credentials user:password */
export async function throughHttpProxy(proxy: string, target: string, credentials?: string): Promise<Socket> {
  const socket = await dial(portOf(proxy));
  const authorization =
    credentials === undefined ? '' : `Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  const head = String(await readUntil(socket, (bytes) => bytes.includes('\r\n\r\n')));
  if (!/^HTTP\/1\.[01] 200/.test(head)) throw new Error(`the proxy said ${head.slice(0, 200)}`);
  return socket;
}

/** By SOCKS5 with a user and a password. */
export async function throughSocks(proxy: string, target: string, credentials: string): Promise<Socket> {
  const socket = await dial(portOf(proxy));
  const [user = '', password = ''] = credentials.split(':');
  const [host = '', port = ''] = target.split(':');
  socket.write(Buffer.of(5, 1, 2));
  await readUntil(socket, (bytes) => bytes.length >= 2);
  socket.write(
    Buffer.concat([Buffer.of(1, user.length), Buffer.from(user), Buffer.of(password.length), Buffer.from(password)]),
  );
  await readUntil(socket, (bytes) => bytes.length >= 2);
  const request = [
    Buffer.of(5, 1, 0, 3, host.length),
    Buffer.from(host),
    Buffer.of(Number(port) >> 8, Number(port) & 255),
  ];
  socket.write(Buffer.concat(request));
  const answer = await readUntil(socket, (bytes) => bytes.length >= 10);
  if (answer[1] !== 0) throw new Error(`the proxy answered with ${answer[1]}`);
  return socket;
}

export function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address)?.[1]);
}

async function readUntil(socket: Socket, isEnough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('the proxy ended the connection'));
    const take = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      if (!isEnough(bytes)) return;
      socket.pause();
      socket.off('data', take).off('close', closed);
      resolve(bytes);
    };
    socket.on('data', take).on('close', closed);
    socket.resume();
  });
}
