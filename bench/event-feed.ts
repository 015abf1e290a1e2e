/**
 * How fast do events reach 500 readers of the live feed?
 *
 * A controller with its PostgreSQL, and readers of `GET /api/v1/events/stream` in another process. Flat out: events are written to
 * the outbox at once, and the time is taken until every reader has all of them. At leisure: one event after the other, from its
 * commit to its arrival at each. Yardstick in the same run: a bare HTTP server of Node that writes as many events of that
 * size to as many readers, and reads them from nowhere.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { recordEvents } from '#core/events/record-events.ts';
import { type NodeId, newId } from '#core/kernel/ids.ts';
import { Child } from './support/child.ts';
import { BenchController } from './support/controller.ts';
import type { FeedArrivals, ReadersOrder } from './support/feed-readers-main.ts';
import { publish } from './support/report.ts';

const RUNS = 3;
const READERS = 500;
const EVENTS = 100;
const LEISURELY = 20;
const EVERY_MS = 100;

const results = {
  ...{ flatOut: [] as number[], bare: [] as number[], cpuUs: [] as number[] },
  ...{ p50: [] as number[], p99: [] as number[], grownMiB: [] as number[] },
};
const most = String(READERS + 10);
const controller = new BenchController({
  GARRISON_EVENT_STREAMS_PER_TENANT: most,
  GARRISON_EVENT_STREAMS_PER_CALLER: most,
});
const readers = new Child(new URL('support/feed-readers-main.ts', import.meta.url));
try {
  await controller.start();
  const { api, apiKey } = controller.addresses;
  for (let run = 0; run < RUNS; run += 1) {
    console.error(`run ${run + 1} of ${RUNS}`);
    const before = controller.residentBytes;
    const headers = { authorization: `Bearer ${apiKey}` };
    await connect({ url: `${api}/api/v1/events/stream`, headers, count: READERS });
    const cpuBefore = controller.cpuSeconds;
    results.flatOut.push(await timed(() => tell(EVENTS)));
    results.cpuUs.push(((controller.cpuSeconds - cpuBefore) * 1_000_000) / (EVENTS * READERS));
    const { p50, p99 } = await atLeisure();
    results.p50.push(p50);
    results.p99.push(p99);
    results.grownMiB.push((controller.residentBytes - before) / 2 ** 20);
    await readers.call('disconnect');
    results.bare.push(await bareBroadcast());
  }
} finally {
  await readers.end('SIGTERM');
  await controller.close();
}
await publish({
  name: 'event-feed',
  question: `How fast do events reach ${READERS} readers of the live feed?`,
  figures: [
    {
      what: `events per second, all ${READERS} readers together`,
      unit: '/s',
      values: results.flatOut,
      yardstick: { what: 'a bare HTTP server', values: results.bare },
    },
    { what: 'CPU of the controller per event and reader', unit: 'µs', values: results.cpuUs },
    { what: 'commit to arrival, p50', unit: 'ms', values: results.p50 },
    { what: 'commit to arrival, p99', unit: 'ms', values: results.p99 },
    { what: `memory that ${READERS} readers take`, unit: 'MiB', values: results.grownMiB },
  ],
  notes: ['Events are written by another process, as by another controller: the feed finds them by asking.'],
});

function connect(order: ReadersOrder): Promise<void> {
  return readers.call('connect', order);
}

async function tell(count: number): Promise<void> {
  const { tenantId } = controller.addresses;
  const subject = newId<NodeId>();
  const data = { nodeId: subject, name: 'a-node', clusterName: 'quay', previousClusterName: 'harbour' };
  const told = Array.from({ length: count }, () => ({
    tenantId,
    type: 'node.cluster_changed' as const,
    subject,
    data,
  }));
  await recordEvents(controller.db, told);
}

/** Events per second until each reader has had all of them. */
async function timed(send: () => unknown): Promise<number> {
  await readers.call('take');
  const from = performance.now();
  await send();
  await arrived(EVENTS * READERS);
  return ((EVENTS * READERS) / (performance.now() - from)) * 1_000;
}

async function arrived(wanted: number): Promise<void> {
  while ((await readers.call<number>('count')) < wanted) await delay(5);
}

async function atLeisure(): Promise<{ p50: number; p99: number }> {
  await readers.call('take');
  for (let n = 0; n < LEISURELY; n += 1) {
    await tell(1);
    await delay(EVERY_MS);
  }
  await arrived(LEISURELY * READERS);
  const { delaysMs } = await readers.call<FeedArrivals>('take');
  const sorted = delaysMs.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function bareBroadcast(): Promise<number> {
  const answers: ServerResponse[] = [];
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    answers.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  await connect({ url: `http://127.0.0.1:${port}/`, headers: {}, count: READERS });
  const data = JSON.stringify({ time: new Date().toISOString(), padding: 'x'.repeat(600) });
  const event = `id: 1\nevent: edge.node.cluster_changed\ndata: ${data}\n\n`;
  const perSecond = await timed(() => {
    for (const answer of answers) for (let n = 0; n < EVENTS; n += 1) answer.write(event);
  });
  await readers.call('disconnect');
  server.closeAllConnections();
  server.close();
  return perSecond;
}
