import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import type { NodeId } from '#core/kernel/ids.ts';
import { newId } from '#core/kernel/ids.ts';
import { silentLog } from '#runtime/log.ts';
import type { SocketLimits } from '#runtime/owned-sockets.ts';
import { stressService } from '#runtime/service-stress.ts';
import { testAuthority } from '#test/support/test-authority.ts';
import { NodeListener, type NodeListenerParts } from './node-listener.ts';

const FOREVER = 3_600_000;
const PATIENT = { most: 100, mostPerAddress: 100, handshakeMs: FOREVER, firstUseMs: FOREVER, idleMs: FOREVER };

const ours = testAuthority('ours');
const running: NodeListener[] = [];
afterEach(async () => {
  for (const listener of running.splice(0)) await listener.stop();
  vi.useRealTimers();
});

/** Connections are looked at when the test says so; what sockets do is real. */
function holdClock(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
}

function make(limits: Partial<SocketLimits> = {}): NodeListener {
  return new NodeListener({
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    identity: { ...ours.issue('localhost', 'server'), clientAuthorities: ours.certificate },
    admission: { perSecond: 1_000, burst: 100, maxWaiting: 100 },
    limits: { ...PATIENT, ...limits },
    findNode: async () => ({ kind: 'node', nodeId: newId<NodeId>(), serial: '01' }),
    renew: async () => ({ certificateChain: 'c', caBundle: 'b', notAfter: new Date(0) }),
  } as Partial<NodeListenerParts> as NodeListenerParts); // sessions are opened by nobody here
}

async function setup(limits: Partial<SocketLimits>): Promise<{ listener: NodeListener; port: number }> {
  const listener = make(limits);
  running.push(listener);
  await listener.start();
  return { listener, port: listener.port };
}

async function dial(
  port: number,
  isNode: boolean,
  localAddress = '127.0.0.1',
): Promise<{ socket: tls.TLSSocket; closed: Promise<unknown> }> {
  const { certificateChain: cert, privateKey: key } = ours.issue('node', 'client');
  const target: tls.ConnectionOptions & { localAddress: string } = {
    localAddress,
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: ours.certificate,
    ALPNProtocols: ['h2'],
  };
  const socket = tls.connect({ ...target, ...(isNode && { cert, key }) });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) }; // with or without a reset before
}

/** Renews over a connection with a certificate; resolves to the status of gRPC. */
async function renew(socket: tls.TLSSocket): Promise<{ session: http2.ClientHttp2Session; status: unknown }> {
  const session = http2.connect('https://localhost', { createConnection: () => socket });
  session.on('error', () => {});
  const call = session.request({
    ':method': 'POST',
    ':path': '/garrison.node.v1.NodeService/Renew',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  call.end(Buffer.alloc(5));
  const [trailers] = (await once(call.resume(), 'trailers')) as [Record<string, unknown>];
  return { session, status: trailers['grpc-status'] };
}

test('keeps the contract of a service', () => stressService(() => make()));

test('a connection that never shakes hands is ended', async () => {
  const { port } = await setup({ firstUseMs: 20 });
  const socket = net.connect(port, '127.0.0.1').resume();
  await new Promise((resolve) => socket.on('error', () => {}).once('close', resolve)); // with or without a reset before
});

test.each([
  ['without a certificate', false],
  ['with one', true],
])('a connection %s that never makes a call is ended', async (_, isNode) => {
  holdClock();
  const { port } = await setup({ firstUseMs: 1_000 });
  const { socket, closed } = await dial(port, isNode);
  vi.advanceTimersByTime(2_000);
  socket.resume();
  await closed;
});

test('a connection whose calls are over is ended when it stays idle', async () => {
  holdClock();
  const { listener, port } = await setup({ idleMs: 1_000 });
  const { socket, closed } = await dial(port, true);
  expect((await renew(socket)).status).toBe('0');
  vi.advanceTimersByTime(900);
  expect(listener.connections).toBe(1);
  vi.advanceTimersByTime(1_000);
  await closed;
});

test('a node that was let in counts for its address no more', async () => {
  const { listener, port } = await setup({ mostPerAddress: 1 });
  const { socket } = await dial(port, true);
  await expect(dial(port, true)).rejects.toThrow();
  expect((await renew(socket)).status).toBe('0');
  await dial(port, true);
  expect(listener.connections).toBe(2);
});

test('silent connections do not keep it from stopping', async () => {
  const { listener, port } = await setup({});
  const raw = net.connect(port, '127.0.0.1');
  raw.on('error', () => {});
  await once(raw, 'connect');
  const { closed } = await dial(port, false);
  await listener.stop();
  await closed;
  raw.destroy();
});

test('a node may send megabytes ahead of what is read of it, and no more streams than before', async () => {
  const { port } = await setup({});
  const { socket } = await dial(port, true);
  const { session } = await renew(socket);
  expect(session.remoteSettings).toMatchObject({ initialWindowSize: 4 << 20, maxConcurrentStreams: 16 });
  expect(session.state.remoteWindowSize).toBeGreaterThan(7 << 20);
});

/** Sends much without ever joining, until it is ended for it. */
async function sendMuch(port: number): Promise<void> {
  const { socket, closed } = await dial(port, false);
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(Buffer.from('000000040000000000', 'hex'));
  const windowUpdates = Buffer.concat(Array(10_000).fill(Buffer.from('00000408000000000000000001', 'hex')));
  socket.resume().write(windowUpdates);
  await closed;
}

test('hosts that look at the chain before they join wait for nothing', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { port } = await setup({});
  for (let count = 0; count < 40; count += 1) {
    const { socket, closed } = await dial(port, true);
    socket.destroy();
    await closed;
  }
  expect((await renew((await dial(port, true)).socket)).status).toBe('0');
});

test('a connection that sends much and never joins is ended', async () => {
  const { port } = await setup({ mostBytesUnsettled: 100_000 });
  await sendMuch(port);
});
