import type { TLSSocket } from 'node:tls';
import { type Identity, openTls } from './grpc.ts';

/** HTTP/2 frame by frame (RFC 9113 §4, §6), for what no library lets one send. */
export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, windowUpdate: 8, continuation: 9 } as const;
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Header fields as literals without indexing, neither Huffman-coded nor in a table (RFC 7541 §6.2.2). */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

export const SESSION_HEADERS = callHeaders('Enroll');

export function callHeaders(method: string): readonly (readonly [string, string])[] {
  return [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':path', `/garrison.node.v1.NodeService/${method}`],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** A connection after preface and SETTINGS. */
export async function openRawHttp2(
  port: number,
  settings: Buffer = Buffer.alloc(0),
  from?: string,
  identity?: Identity,
): Promise<TLSSocket> {
  const socket = await openTls({ host: '127.0.0.1', port, identity, ...(from && { from }) });
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(FRAME.settings, 0, 0, settings)]));
  return socket;
}

/** Sends until the time is over, and connects again whenever the other side has enough. Returns how often that was. */
export async function keepSending(
  {
    port,
    forMs,
    isReading = true,
    identity,
  }: { port: number; forMs: number; isReading?: boolean; identity?: Identity },
  begin: () => () => Buffer,
): Promise<{ readonly connections: number; readonly bytes: number }> {
  const until = performance.now() + forMs;
  let connections = 0;
  let bytes = 0;
  while (performance.now() < until) {
    const socket = await openRawHttp2(port, undefined, undefined, identity).catch(() => undefined);
    if (socket === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    connections += 1;
    if (isReading) socket.resume();
    else socket.pause();
    const next = begin();
    while (performance.now() < until && !socket.destroyed) {
      const part = next();
      bytes += part.length;
      if (!socket.write(part)) await drained(socket, until - performance.now());
      else await new Promise((resolve) => setImmediate(resolve));
    }
    socket.destroy();
  }
  return { connections, bytes };
}

async function drained(socket: TLSSocket, withinMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(0, withinMs));
  socket.once('drain', resolve);
  socket.once('close', resolve);
  await promise;
  clearTimeout(timer);
  socket.off('drain', resolve);
  socket.off('close', resolve);
}
