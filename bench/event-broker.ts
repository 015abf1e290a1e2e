/**
 * How fast do events go from the outbox to a message broker?
 *
 * Events of two thousand nodes are in the outbox; then the relay of a controller is started against a nats-server on the same
 * machine, and the time is taken until the last one is there. Yardstick in the same run: the bare client with 64 on their way,
 * publishing as many messages of that size.
 */
import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createTelemetry } from '#adapters/telemetry/prometheus.ts';
import { readConfig } from '#controller/config.ts';
import { startBroker } from '#controller/parts/broker.ts';
import { ServiceStack } from '#controller/service-stack.ts';
import { BROKER_CURSOR } from '#core/events/broker-destination.ts';
import { insertCursor } from '#core/events/cursor-store.ts';
import { recordEvents } from '#core/events/record-events.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, type NodeId, newId } from '#core/kernel/ids.ts';
import { METRICS } from '#core/kernel/telemetry.ts';
import { silentLog } from '#runtime/log.ts';
import { startNats } from '#test/support/nats-server.ts';
import { seedTenant } from '#test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { publish } from './support/report.ts';

const RUNS = 3;
const EVENTS = 20_000;
const SUBJECTS = 2_000;
const WINDOW = 64;

const rates = {
  stored: [] as number[],
  handed: [] as number[],
  bareStored: [] as number[],
  bareHanded: [] as number[],
};
for (let run = 0; run < RUNS; run += 1) {
  rates.stored.push(await measure(true));
  rates.bareStored.push(await measureBare(true));
  rates.handed.push(await measure(false));
  rates.bareHanded.push(await measureBare(false));
}
await publish({
  name: 'event-broker',
  question: 'How fast do events go from the outbox to a message broker?',
  figures: [
    {
      what: `JetStream: events of ${SUBJECTS} nodes per second until the last is stored`,
      unit: '/s',
      values: rates.stored,
      atLeast: 5_000,
      yardstick: { what: `bare client, ${WINDOW} on their way`, values: rates.bareStored },
    },
    {
      what: 'core NATS: until the last is handed over',
      unit: '/s',
      values: rates.handed,
      atLeast: 5_000,
      yardstick: { what: `bare client, ${WINDOW} on their way`, values: rates.bareHanded },
    },
  ],
});

function startServer(hasJetStream: boolean) {
  return startNats((server) => (hasJetStream ? `jetstream { store_dir: "${server.file('js')}" }` : ''));
}

async function measure(hasJetStream: boolean): Promise<number> {
  const database = await benchDatabase();
  const nats = await startServer(hasJetStream);
  const stack = new ServiceStack(silentLog);
  try {
    const { db } = database;
    await insertCursor(db, { id: BROKER_CURSOR, kind: 'broker', tenantId: null, types: null });
    const { tenantId } = await seedTenant(db);
    const subjects = Array.from({ length: SUBJECTS }, () => newId<NodeId>());
    for (let from = 0; from < EVENTS; from += SUBJECTS) {
      const told = subjects.map((subject) => ({
        ...{ tenantId, type: 'node.cluster_changed' as const, subject },
        data: { nodeId: subject, name: 'a-node', clusterName: 'quay', previousClusterName: 'harbour' },
      }));
      await recordEvents(db, told);
    }
    const env = {
      EVENT_BROKER_ENABLED: 'true',
      EVENT_BROKER_ADAPTER: 'nats',
      EVENT_BROKER_NATS_URLS: `nats://127.0.0.1:${nats.port}`,
      EVENT_BROKER_NATS_JETSTREAM: String(hasJetStream),
    };
    const readMetrics = await startBroker(stack, {
      ...{ db, log: silentLog, telemetry: createTelemetry(METRICS), clock: systemClock },
      config: readConfig({ env, systemFile: '/nonexistent' }),
      controllerId: newId<ControllerId>(),
      onFailure: console.error,
    });
    const published = () => readMetrics()?.published ?? 0;
    while (published() === 0) await new Promise((resolve) => setImmediate(resolve));
    const [from, already] = [performance.now(), published()];
    while (published() < EVENTS) await new Promise((resolve) => setTimeout(resolve, 1));
    return ((EVENTS - already) / (performance.now() - from)) * 1_000;
  } finally {
    await stack.stop();
    await nats.close();
    await database.close();
  }
}

async function measureBare(hasJetStream: boolean): Promise<number> {
  const nats = await startServer(hasJetStream);
  const connection = await connect({ servers: `127.0.0.1:${nats.port}` });
  try {
    const stream = hasJetStream ? jetstream(connection) : undefined;
    if (hasJetStream) await (await jetstreamManager(connection)).streams.add({ name: 'BENCH', subjects: ['bench'] });
    const body = 'x'.repeat(700);
    let left = EVENTS;
    const lane = async () => {
      while (left-- > 0) {
        if (stream !== undefined) await stream.publish('bench', body, { msgID: randomUUID() });
        else {
          connection.publish('bench', body);
          await connection.flush();
        }
      }
    };
    const from = performance.now();
    await Promise.all(Array.from({ length: WINDOW }, lane));
    return (EVENTS / (performance.now() - from)) * 1_000;
  } finally {
    await connection.close();
    await nats.close();
  }
}
