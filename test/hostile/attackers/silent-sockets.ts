import { openTls } from '../wire/grpc.ts';
import { RawConnection } from '../wire/http1.ts';
import { given, report } from './given.ts';

/** Connections that say nothing: in all, after a third of a TLS handshake, and after one without certificate or call. */
const { api, tls, nodes, forMs } = given<{ forMs: number }>();
const COUNT = 20;
/** The first bytes of a TLS record that announces 512 more. */
const HALF_A_HANDSHAKE = Buffer.from('16030102000100', 'hex');

async function silent(port: number, opening?: Buffer): Promise<Ending> {
  const connection = new RawConnection(port);
  if (opening !== undefined) connection.write(opening);
  return endingOf(connection.closed, () => connection.socket.destroy());
}

async function withoutACall(port: number, protocols: readonly string[]): Promise<Ending> {
  const from = performance.now();
  const socket = await openTls({ host: '127.0.0.1', port, protocols });
  socket.resume();
  const closed = new Promise<number>((resolve) => {
    socket.once('close', () => resolve(performance.now() - from));
  });
  return endingOf(closed, () => socket.destroy());
}

interface Ending {
  readonly isClosed: boolean;
  readonly afterMs: number;
}

async function endingOf(closed: Promise<number>, giveUp: () => void): Promise<Ending> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), forMs));
  const afterMs = await Promise.race([closed, late]);
  giveUp();
  return { isClosed: afterMs !== undefined, afterMs: Math.round(afterMs ?? forMs) };
}

const KINDS: Readonly<Record<string, () => Promise<Ending>>> = {
  'API, nothing said': () => silent(api),
  'API, half a request': () => silent(api, Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n')),
  'API over TLS, nothing said': () => silent(tls),
  'API over TLS, half a handshake': () => silent(tls, HALF_A_HANDSHAKE),
  'API over TLS, no request': () => withoutACall(tls, ['http/1.1']),
  'nodes, nothing said': () => silent(nodes),
  'nodes, half a handshake': () => silent(nodes, HALF_A_HANDSHAKE),
  'nodes, no certificate and no call': () => withoutACall(nodes, ['h2']),
};
const endings = await Promise.all(
  Object.entries(KINDS).map(async ([kind, open]) => {
    const all = await Promise.all(Array.from({ length: COUNT }, open));
    const open_ = all.filter(({ isClosed }) => !isClosed).length;
    return [kind, { left: open_, longestMs: Math.max(...all.map(({ afterMs }) => afterMs)) }];
  }),
);
report(Object.fromEntries(endings));
