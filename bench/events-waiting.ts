/**
 * How much memory do 100,000 events take that wait for a webhook nobody answers?
 *
 * A relay and PostgreSQL, a destination that refuses connections, and an outbox that fills. The backlog belongs in the database: the
 * process should be as large as before. Yardstick: the events themselves, as JSON.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startEvents } from '#controller/parts/events.ts';
import { makeTelemetry } from '#controller/parts/telemetry.ts';
import { ServiceStack } from '#controller/service-stack.ts';
import { recordEvents } from '#core/events/record-events.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, type NodeId, newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { createWebhook } from '#core/webhooks/create-webhook.ts';
import { silentLog } from '#runtime/log.ts';
import { contextOf, seedTenant } from '#test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { publish } from './support/report.ts';

const WAITING = 100_000;
const AT_ONCE = 2_000;
const SUBJECTS = 500;
const DEAD = 'http://127.0.0.1:9/hook'; // nothing listens there
const SETTLES_MS = 10_000;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const database = await benchDatabase();
const stack = new ServiceStack(silentLog);
let [grownMiB, eventsMiB, parked] = [Number.NaN, 0, Number.NaN];
try {
  const { db } = database;
  const sealer = new Sealer(randomBytes(32));
  const config = {
    ...{ coreName: 'bench', eventSource: 'urn:bench', eventMaxAgeSeconds: 3_600 },
    ...{ webhookMaxAttempts: 1_000, webhookAllowPrivateIps: true, webhookPauseAfterMs: 86_400_000 },
  };
  const events = await startEvents(stack, {
    ...{ db, sealer, clock: systemClock, log: silentLog, telemetry: makeTelemetry() },
    config: config as never, // all that it reads
    controllerId: newId<ControllerId>(),
    onFailure: console.error,
  });
  const tenant = await seedTenant(db);
  const webhook = { url: DEAD, secret: new Secret('s'.repeat(32)), types: ['node.cluster_changed'], headers: {} };
  await createWebhook(contextOf(tenant), { ...events, db, sealer }, { ...webhook, isNative: false });
  const subjects = Array.from({ length: SUBJECTS }, () => newId<NodeId>());
  const batch = (from: number) =>
    Array.from({ length: AT_ONCE }, (_, place) => {
      const subject = subjects[(from + place) % SUBJECTS] as NodeId; // there are some
      const data = { nodeId: subject, name: 'a-node', clusterName: 'quay', previousClusterName: 'harbour' };
      return { tenantId: tenant.tenantId, type: 'node.cluster_changed' as const, subject, data };
    });
  await recordEvents(db, batch(0)); // what is made once has been made
  const before = heapBytes();
  for (let told = 0; told < WAITING; told += AT_ONCE) {
    const events = batch(told);
    eventsMiB += Buffer.byteLength(JSON.stringify(events)) / 2 ** 20;
    await recordEvents(db, events);
  }
  await delay(SETTLES_MS);
  grownMiB = (heapBytes() - before) / 2 ** 20;
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count from parked_events`);
  parked = row?.count ?? Number.NaN;
} finally {
  await stack.stop();
  await database.close();
}
await publish({
  name: 'events-waiting',
  question: 'How much memory do 100,000 events take that wait for a webhook nobody answers?',
  figures: [
    {
      what: 'heap and buffers that the controller has grown by, after a collection',
      unit: 'MiB',
      values: [grownMiB],
      yardstick: { what: 'the events as JSON', values: [eventsMiB] },
    },
    {
      what: 'events that were taken out of the outbox and wait by themselves',
      unit: '',
      values: [parked],
      atMost: 2_256,
    },
  ],
});

function heapBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
