/**
 * How fast do events reach webhooks, while one of ten is dead and one answers after five seconds?
 *
 * A relay, its sender and PostgreSQL on this machine, receivers in another process. Flat out: events are in the outbox, and the
 * time is taken until the eight healthy receivers have all of theirs. At leisure: one event after the other, from its
 * commit to its arrival. Then the same number of deliveries to 10 and 100 webhooks, and with `--thousand` to 1,000. Yardstick in
 * the same run: undici posting as many bodies of that size to the healthy receivers, over as many connections.
 */
import { randomBytes } from 'node:crypto';
import { Pool } from 'undici'; // the client that the sender is made of, bare
import { startEvents } from '#controller/parts/events.ts';
import { makeTelemetry } from '#controller/parts/telemetry.ts';
import { ServiceStack } from '#controller/service-stack.ts';
import { recordEvents } from '#core/events/record-events.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, type NodeId, newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { Secret } from '#core/kernel/secret.ts';
import { createWebhook } from '#core/webhooks/create-webhook.ts';
import { silentLog } from '#runtime/log.ts';
import { contextOf, type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { Child } from './support/child.ts';
import type { Arrivals, ReceiverAddresses } from './support/receivers-main.ts';
import { publish } from './support/report.ts';

const RUNS = 3;
const HEALTHY = 8;
const EVENTS = 300;
const SUBJECTS = 50;
const LEISURELY = 30;
const EVERY_MS = 20;
/** A thousand take minutes to be made. */
const SIZES = process.argv.includes('--thousand') ? [10, 100, 1_000] : [10, 100];
const DELIVERIES_OF_GROWTH = 1_000;
const DEAD = 'http://127.0.0.1:9/hook'; // nothing listens there

const results = {
  ...{ flatOut: [] as number[], bare: [] as number[], p50: [] as number[], p99: [] as number[] },
  ...{ cpuUs: [] as number[], bareCpuUs: [] as number[] },
};
const growth = new Map<number, number[]>(SIZES.map((size) => [size, []]));

const receivers = new Child(new URL('support/receivers-main.ts', import.meta.url));
const { healthy, slow } = await receivers.call<ReceiverAddresses>('start', HEALTHY);
const database = await benchDatabase();
const stack = new ServiceStack(silentLog);
const sealer = new Sealer(randomBytes(32));
const subjects = Array.from({ length: SUBJECTS }, () => newId<NodeId>());
try {
  const events = await startRelay();
  const ten = await tenantWith([...healthy, slow, DEAD]);
  const sized: [number, SeededTenant][] = [];
  for (const size of SIZES) {
    const addresses = Array.from({ length: size }, (_, place) => healthy[place % HEALTHY] ?? '');
    sized.push([size, await tenantWith(addresses)]);
  }
  for (let run = 0; run < RUNS; run += 1) {
    console.error(`run ${run + 1} of ${RUNS}`);
    const flatOut = await timed(EVENTS * HEALTHY, () => tell(ten, EVENTS));
    results.flatOut.push(flatOut.rate);
    results.cpuUs.push(flatOut.cpuUs);
    const { p50, p99 } = await atLeisure(ten);
    results.p50.push(p50);
    results.p99.push(p99);
    const bare = await timed(EVENTS * HEALTHY, postBare);
    results.bare.push(bare.rate);
    results.bareCpuUs.push(bare.cpuUs);
    for (const [size, tenant] of sized) {
      if (size >= 1_000 && run > 0) continue; // once is enough to see how it grows
      const { rate } = await timed(DELIVERIES_OF_GROWTH, () => tell(tenant, DELIVERIES_OF_GROWTH / size));
      growth.get(size)?.push(rate);
    }
  }

  async function tenantWith(addresses: readonly string[]): Promise<SeededTenant> {
    const tenant = await seedTenant(database.db);
    for (const url of addresses) {
      const [secret, types] = [new Secret('s'.repeat(32)), ['node.cluster_changed']];
      const made = { url, secret, types, headers: {}, isNative: false };
      await createWebhook(contextOf(tenant), { ...events, db: database.db, sealer }, made);
    }
    return tenant;
  }
} finally {
  await receivers.end('SIGTERM');
  await stack.stop();
  await database.close();
}
await publish({
  name: 'webhooks',
  question: 'How fast do events reach webhooks, while one of ten is dead and one answers after five seconds?',
  sizes: 'webhooks',
  figures: [
    {
      what: `deliveries per second to ${HEALTHY} healthy receivers`,
      unit: '/s',
      values: results.flatOut,
      atLeast: 2_000,
      yardstick: { what: 'undici, bare posts', values: results.bare },
    },
    {
      what: 'CPU time of the controller per delivery',
      unit: 'µs',
      values: results.cpuUs,
      atMost: 500,
      yardstick: { what: 'undici, bare posts', values: results.bareCpuUs },
    },
    { what: 'commit to arrival at a healthy one, p50', unit: 'ms', values: results.p50 },
    { what: 'commit to arrival at a healthy one, p99', unit: 'ms', values: results.p99, atMost: 250 },
    ...SIZES.map((size) => ({
      what: `${DELIVERIES_OF_GROWTH} deliveries to ${size} webhooks, per second`,
      unit: '/s',
      values: growth.get(size) ?? [],
      growth: { panel: 'deliveries per second', line: 'deliveries', size },
    })),
  ],
  notes: [
    'Receivers, relay and database share the machine, with whatever the load tells of.',
    '500 µs of CPU per delivery are what 2,000 per second leave of one core; unlike the rate, they hardly depend on what else runs.',
  ],
});

function startRelay() {
  const config = {
    ...{ coreName: 'bench', eventSource: 'urn:bench', eventMaxAgeSeconds: 3_600 },
    ...{ webhookMaxAttempts: 3, webhookAllowPrivateIps: true, webhookPauseAfterMs: 86_400_000 },
  };
  return startEvents(stack, {
    ...{ db: database.db, sealer, clock: systemClock, log: silentLog, telemetry: makeTelemetry() },
    config: config as never, // all that it reads
    controllerId: newId<ControllerId>(),
    onFailure: console.error,
  });
}

async function tell({ tenantId }: SeededTenant, count: number): Promise<void> {
  const told = Array.from({ length: count }, (_, place) => {
    const subject = subjects[place % subjects.length] as NodeId; // there are some
    const data = { nodeId: subject, name: 'a-node', clusterName: 'quay', previousClusterName: 'harbour' };
    return { tenantId, type: 'node.cluster_changed' as const, subject, data };
  });
  await recordEvents(database.db, told);
}

/** Until so many have arrived: deliveries per second, and what each has cost this process. */
async function timed(wanted: number, send: () => Promise<void>): Promise<{ rate: number; cpuUs: number }> {
  await receivers.call('reset');
  const from = performance.now();
  const before = process.cpuUsage();
  await send();
  await arrived(wanted);
  const { user, system } = process.cpuUsage(before);
  return { rate: (wanted / (performance.now() - from)) * 1_000, cpuUs: (user + system) / wanted };
}

async function arrived(wanted: number): Promise<void> {
  while ((await receivers.call<number>('count')) < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function atLeisure(tenant: SeededTenant): Promise<{ p50: number; p99: number }> {
  await receivers.call('reset');
  for (let n = 0; n < LEISURELY; n += 1) {
    await tell(tenant, 1);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  await arrived(LEISURELY * HEALTHY);
  const { delaysMs } = await receivers.call<Arrivals>('take');
  const sorted = delaysMs.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function postBare(): Promise<void> {
  const body = JSON.stringify({ time: new Date().toISOString(), padding: 'x'.repeat(700) });
  await Promise.all(
    healthy.map(async (address) => {
      const { origin, pathname } = new URL(address);
      const pool = new Pool(origin, { connections: 8, pipelining: 1 });
      let left = EVENTS;
      const lane = async () => {
        while (left-- > 0) {
          const answer = await pool.request({
            method: 'POST',
            path: pathname,
            headers: { 'content-type': 'application/cloudevents+json' },
            body,
          });
          await answer.body.dump();
        }
      };
      await Promise.all(Array.from({ length: 8 }, lane));
      await pool.close();
    }),
  );
}
