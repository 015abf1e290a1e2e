/**
 * How long is a fleet away when its controller is killed and started again?
 *
 * Simulated nodes with a connection each over mutual TLS, the real protocol and the daemon's backoff. The clock runs from
 * SIGKILL until the last session is open again; a record is read over HTTP every 25 ms from the moment the API is back.
 * Yardstick in the same run: a bare grpc-js server over mutual TLS, killed and started in the same way, that only says Welcome.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { LatencyProbe } from './support/latency-probe.ts';
import { RawBroadcast } from './support/raw-broadcast.ts';
import { publish } from './support/report.ts';
import { type SeededFleet, seedFleet } from './support/seed-fleet.ts';

const RUNS = 3;
const NODES = process.argv.slice(2).map(Number).find(Number.isInteger) ?? 5000;
const CALM_MS = 5000;

interface Storm {
  /** From SIGKILL to the last session. */
  readonly awaySeconds: number;
  /** From the moment it listens to the last session. */
  readonly openingSeconds: number;
  readonly apiP99Ms: number;
  readonly cpuMsPerNode: number;
  readonly databaseCpuMsPerNode: number;
}

const controller = new BenchController({ GARRISON_ADMISSION_RATE: '500' }); // the default
const fleet = new Fleet();
try {
  await controller.start();
  const seed = await seedFleet(controller, NODES);
  const record = `/api/v1/nodes/${seed.nodes[0]?.nodeId}`;
  const raw = await measureRaw(seed);
  await fleet.join(seed, controller.addresses.nodes);
  await fleet.connect();
  const calmP99Ms = await apiWhileCalm(record);
  const storms: Storm[] = [];
  for (let run = 0; run < RUNS; run++) storms.push(await storm(record));
  const bare = 'bare grpc-js';
  await publish({
    name: 'connect-storm',
    question: 'How long is a fleet away when its controller is killed and started again?',
    figures: [
      {
        what: `${NODES} nodes: SIGKILL until the last session is back`,
        unit: 's',
        values: storms.map((one) => one.awaySeconds),
        atMost: 60,
        yardstick: { what: bare, values: raw.map((one) => one.awaySeconds) },
      },
      {
        what: 'of it: from listening to the last session',
        unit: 's',
        values: storms.map((one) => one.openingSeconds),
        yardstick: { what: bare, values: raw.map((one) => one.openingSeconds) },
      },
      {
        what: 'p99 of reading a record meanwhile',
        unit: 'ms',
        values: storms.map((one) => one.apiP99Ms),
        atMost: 500,
        yardstick: { what: 'all connected, none coming', values: [calmP99Ms] },
      },
      {
        what: 'CPU of the controller for each, its own start included',
        unit: 'ms',
        values: storms.map((one) => one.cpuMsPerNode),
        yardstick: { what: bare, values: raw.map((one) => one.cpuMsPerNode) },
      },
      {
        what: 'CPU of PostgreSQL for each, its own start included',
        unit: 'ms',
        values: storms.map((one) => one.databaseCpuMsPerNode),
      },
    ],
    notes: [
      'The handshakes of the nodes are made on the same cores: a fleet of real machines brings its own.',
      'Admission lets 500 nodes in per second, the default; the yardstick lets in everybody.',
    ],
  });
} finally {
  await fleet.close();
  await controller.close();
}

async function measureRaw(
  seed: SeededFleet,
): Promise<Pick<Storm, 'awaySeconds' | 'openingSeconds' | 'cpuMsPerNode'>[]> {
  const raw = new RawBroadcast();
  try {
    await fleet.join(seed, await raw.listen(seed));
    await fleet.connect();
    const storms = [];
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      await raw.kill();
      await fleet.untilNobody();
      await raw.listen(seed);
      const listening = performance.now();
      await fleet.untilAll(NODES);
      const { cpuSeconds } = await raw.usage();
      storms.push({ ...sinceThen(start, listening), cpuMsPerNode: (cpuSeconds * 1000) / NODES });
    }
    return storms;
  } finally {
    await fleet.disconnect();
    await raw.close();
  }
}

async function apiWhileCalm(record: string): Promise<number> {
  const probe = new LatencyProbe(() => controller.call('GET', record));
  await delay(CALM_MS);
  return probe.end();
}

async function storm(record: string): Promise<Storm> {
  const start = performance.now();
  await controller.kill();
  await fleet.untilNobody();
  await controller.start();
  const listening = performance.now();
  const probe = new LatencyProbe(() => controller.call('GET', record));
  await fleet.untilAll(NODES);
  const times = sinceThen(start, listening);
  return {
    ...times,
    cpuMsPerNode: (controller.cpuSeconds * 1000) / NODES,
    databaseCpuMsPerNode: (controller.databaseCpuSeconds * 1000) / NODES,
    apiP99Ms: await probe.end(),
  };
}

function sinceThen(start: number, listening: number): Pick<Storm, 'awaySeconds' | 'openingSeconds'> {
  const now = performance.now();
  return { awaySeconds: (now - start) / 1000, openingSeconds: (now - listening) / 1000 };
}
