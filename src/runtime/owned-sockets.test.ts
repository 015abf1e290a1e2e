import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type Log, silentLog } from './log.ts';
import { ipNetworkOf, OwnedSockets, type SocketLimits } from './owned-sockets.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  vi.useRealTimers();
});

const FOREVER = 3_600_000;
const PATIENT = { handshakeMs: FOREVER, firstUseMs: FOREVER, idleMs: FOREVER, stalledMs: FOREVER };

async function setup(limits: Partial<SocketLimits> = {}, log: Log = silentLog) {
  const all = { most: 100, mostPerAddress: 100, ...PATIENT, ...limits };
  const sockets = new OwnedSockets({ name: 'test', log, limits: all });
  const arrived: Socket[] = [];
  const server = createServer((socket) => {
    if (sockets.take(socket)) arrived.push(socket);
    server.emit('taken');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    sockets.endAll();
    server.close();
  });
  const dial = async () => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1'); // it listens on a port
    client.on('error', () => {});
    cleanups.push(() => client.destroy());
    const ended = once(client, 'close');
    await once(server, 'taken');
    const socket = arrived.at(-1);
    return { client, ended, socket: socket as Socket, peer: `${socket?.remoteAddress}:${socket?.remotePort}` };
  };
  return { sockets, dial };
}

test('a handshake that is late is ended, and one that is not goes on to its first call', async () => {
  const { sockets, dial } = await setup({ handshakeMs: 20 });
  const [late, good] = [await dial(), await dial()];
  sockets.shaking(late.peer);
  sockets.shaking(good.peer);
  sockets.ready(good.peer);
  await late.ended;
  expect(good.socket.destroyed).toBe(false);
  await expect.poll(() => sockets.size).toBe(1);
});

test('a connection without a first call is ended, one that waits for its turn is not', async () => {
  const { sockets, dial } = await setup({ firstUseMs: 20 });
  const [silent, waiting, busy] = [await dial(), await dial(), await dial()];
  sockets.ready(silent.peer);
  sockets.ready(busy.peer);
  sockets.use(busy.peer);
  await silent.ended;
  expect([waiting.socket.destroyed, busy.socket.destroyed]).toEqual([false, false]);
});

test('a connection is idle when its last call is over', async () => {
  const { sockets, dial } = await setup({ idleMs: 20 });
  const [idle, busy] = [await dial(), await dial()];
  const [first, second] = [sockets.use(busy.peer), sockets.use(busy.peer)];
  first();
  first(); // counts once
  sockets.use(idle.peer)();
  await idle.ended;
  expect(busy.socket.destroyed).toBe(false);
  second();
  await busy.ended;
});

test('a peer that takes nothing of its answer is ended, one that reads slowly is not', async () => {
  const stalledMs = 1_000;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }); // what sockets do is real
  const { sockets, dial } = await setup({ stalledMs });
  const [deaf, slow] = [await dial(), await dial()];
  for (const { peer, socket, client } of [deaf, slow]) {
    sockets.use(peer, socket);
    client.pause();
  }
  for (let more = 0; more < 300; more++) deaf.socket.write(Buffer.alloc(65_536)); // more than a kernel keeps
  let hasTaken = Promise.withResolvers<void>();
  const answerSlow = () => {
    hasTaken.resolve();
    if (!slow.socket.destroyed) slow.socket.write(Buffer.alloc(65_536), answerSlow);
  };
  answerSlow();
  while (!deaf.socket.destroyed) {
    hasTaken = Promise.withResolvers();
    slow.client.resume();
    await hasTaken.promise;
    slow.client.pause();
    vi.advanceTimersByTime(stalledMs / 2);
  }
  expect(slow.socket.destroyed).toBe(false);
});

test('beyond the bounds connections are closed at once; what has settled counts for its address no more', async () => {
  const lines: object[] = [];
  const { sockets, dial } = await setup(
    { most: 4, mostPerAddress: 2 },
    { ...silentLog, warn: (facts) => lines.push(facts) },
  );
  const [first] = [await dial(), await dial()];
  await (await dial()).ended;
  expect(sockets.size).toBe(2);
  sockets.settle(first.peer);
  sockets.settle(first.peer); // counts once
  await dial();
  expect(sockets.size).toBe(3);
  await (await dial()).ended;
  first.client.destroy();
  await expect.poll(() => sockets.size).toBe(2);
  await expect.poll(() => lines).toEqual([expect.objectContaining({ listener: 'test', refused: expect.any(Number) })]);
});

test('a proxy may have more connections than any one address', async () => {
  const { sockets, dial } = await setup({ mostPerAddress: 1, isProxy: (address) => address === '127.0.0.1' });
  await dial();
  await dial();
  expect(sockets.size).toBe(2);
});

test('endIdle leaves those in use, endAll leaves none', async () => {
  const { sockets, dial } = await setup();
  const [quiet, busy] = [await dial(), await dial()];
  sockets.use(busy.peer);
  sockets.endIdle();
  await quiet.ended;
  expect(busy.socket.destroyed).toBe(false);
  sockets.endAll();
  await busy.ended;
  await expect.poll(() => sockets.size).toBe(0);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
])('%s counts as %s', (address, network) => {
  expect(ipNetworkOf(address)).toBe(network);
});

test('a metered connection may send what it carries, and little beside it', async () => {
  const { sockets, dial } = await setup({
    idleMs: 20_000,
    handshakeMs: 20,
    besideCarried: { atOnce: 1_000, perSecond: 0 },
  });
  const [carrying, empty] = [await dial(), await dial()];
  const carries = sockets.meter(carrying.peer);
  sockets.meter(empty.peer);
  for (const { peer } of [carrying, empty]) sockets.use(peer);
  for (const { socket } of [carrying, empty]) socket.resume();
  carries(10_000);
  carrying.client.write(Buffer.alloc(10_000));
  empty.client.write(Buffer.alloc(2_000));
  await empty.ended;
  await expect.poll(() => carrying.socket.bytesRead).toBe(10_000);
  expect(carrying.socket.destroyed).toBe(false);
});
