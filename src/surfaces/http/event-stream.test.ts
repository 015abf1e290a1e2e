import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { EventStream, type EventStreamOptions, formatEvent } from './event-stream.ts';
import { OpenStreams } from './open-streams.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A stream to a reader on a real socket; the reader reads nothing until it is told to. */
async function setup(options: EventStreamOptions = {}): Promise<{ events: EventStream; reader: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = net.connect((server.address() as AddressInfo).port, '127.0.0.1'); // it listens on a port
  reader.on('error', () => {});
  reader.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = new EventStream(response, options);
  cleanups.push(() => {
    events.end();
    reader.destroy();
    server.close();
    server.closeAllConnections();
  });
  return { events, reader };
}

const BIG = { data: 'x'.repeat(64 * 1024) };

/** Writes until the kernel takes no more and the buffer is full: nothing moves for many turns of the event loop. */
async function fill(events: EventStream): Promise<void> {
  for (let quietTurns = 0; quietTurns < 50; quietTurns += 1) {
    while (events.trySend(BIG)) quietTurns = 0;
    await turn();
  }
}

test('what waits for a reader that stands still is bounded', async () => {
  const { events } = await setup({ maxBufferedBytes: () => 256 * 1024 });
  await fill(events);
  expect(events.bufferedBytes).toBeGreaterThanOrEqual(256 * 1024);
  expect(events.bufferedBytes).toBeLessThan(512 * 1024);
  expect(events.trySend({ data: 1 })).toBe(false);
});

test('send waits for room and goes on when the reader does', async () => {
  const { events, reader } = await setup({ maxBufferedBytes: () => 256 * 1024 });
  await fill(events);
  let isSent = false;
  const sending = events.send({ data: 'late' }).then((sent) => {
    isSent = sent;
  });
  await turn();
  expect(isSent).toBe(false);
  reader.resume();
  await sending;
  expect(isSent).toBe(true);
});

test('a reader that leaves ends every wait', async () => {
  const { events, reader } = await setup({ maxBufferedBytes: () => 256 * 1024 });
  await fill(events);
  const sending = events.send({ data: 'never' });
  reader.destroy();
  expect(await sending).toBe(false);
  expect(events.isOver).toBe(true);
  expect(await events.send({ data: 'after' })).toBe(false);
  events.end();
});

test('a quiet stream is kept alive by comments', async () => {
  const { reader } = await setup({ keepAliveMs: 5 });
  let text = '';
  for await (const chunk of reader) {
    text += String(chunk);
    if (text.includes(': keep-alive\n\n')) break;
  }
  expect(text).toContain(': keep-alive\n\n');
});

test.each([
  [{ data: { a: 1 } }, 'data: {"a":1}\n\n'],
  [{ id: '7', event: 'begun', data: 'a\nb' }, 'id: 7\nevent: begun\ndata: "a\\nb"\n\n'],
  [{ id: '7\ndata: forged', data: null }, 'id: 7 data: forged\ndata: null\n\n'],
])('%o is written as one event', (event, text) => {
  expect(formatEvent(event)).toBe(text);
});

test('the more readers there are, the less may wait for each', async () => {
  const streams = new OpenStreams();
  const { events } = await setup({ maxBufferedBytes: () => streams.bytesForEach });
  expect(streams.bytesForEach).toBe(1024 * 1024);
  const readers = Array.from({ length: 999 }, () => ({ over: new AbortController().signal }) as EventStream); // all that is looked at
  for (const one of [events, ...readers]) streams.add(one, async () => {});
  expect(streams.bytesForEach).toBeCloseTo(65_536 * 1.024, 0);
  await fill(events);
  expect(events.bufferedBytes).toBeLessThan(192 * 1024);
});
