import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '#test/support/installation.ts';

let garrison: Installation;
const open: Socket[] = [];

beforeAll(async () => {
  garrison = await Installation.start();
});

afterAll(async () => {
  for (const socket of open) socket.destroy();
  await garrison.close();
});

async function dial(port: number, isShaken: boolean): Promise<Socket> {
  const socket = isShaken
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect(port, '127.0.0.1');
  open.push(socket);
  socket.on('error', () => {}).resume();
  await once(socket, isShaken ? 'secureConnect' : 'connect');
  return socket;
}

const portOf = (url: string) => Number(new URL(url).port);

test('peers that say nothing, on every listener, do not keep the controller from ending', async () => {
  const { api, tls } = garrison.ready;
  const closed: Promise<unknown>[] = [];
  for (const [port, isTls] of [
    [portOf(api), false],
    [portOf(tls), true],
    [garrison.nodePort, true],
  ] as const) {
    for (const isShaken of isTls ? [false, true] : [false]) closed.push(once(await dial(port, isShaken), 'close'));
  }
  const begun = performance.now();
  await garrison.stopController('SIGTERM');
  await Promise.all(closed);
  expect(performance.now() - begun).toBeLessThan(10_000); // the longest time that requests are given
});

test('a handshake that never comes ends on the TLS listener, and others are served meanwhile', async () => {
  await garrison.startController();
  const silent = await dial(portOf(garrison.ready.tls), false);
  const isOver = once(silent, 'close');
  expect((await fetch(`${garrison.ready.api}/health/live`)).status).toBe(200);
  await isOver;
});
