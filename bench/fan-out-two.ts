/**
 * How long does one order to a fleet take that is connected to two controllers, on each carrier of their messages?
 *
 * `cmd.run` on all, through POST /v1/edge/fleet/invoke of the one controller, on simulated nodes of which every second one is connected
 * to the other; the clock stops when every result is stored. Yardstick in the same run: all of them at one controller.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectionUrl } from '#test/support/database-url.ts';
import { startNats } from '#test/support/nats-server.ts';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { checkOutcomes, invoke, untilStored } from './support/invoke.ts';
import { type Figure, publish } from './support/report.ts';
import { seedFleet } from './support/seed-fleet.ts';

const RUNS = 5;
const NODES = 300;

const nats = await startNats();
const figures: Figure[] = [];
try {
  const alone = await measure({ env: {}, isShared: false });
  for (const [carrier, env] of [
    ['LISTEN/NOTIFY', {}],
    ['NATS', { NATS_URL: `nats://127.0.0.1:${nats.port}` }],
  ] as const) {
    figures.push({
      what: `${NODES} nodes at two controllers, over ${carrier}: POST to the last result stored`,
      unit: 'ms',
      values: await measure({ env, isShared: true }),
      yardstick: { what: 'at one controller', values: alone },
    });
  }
} finally {
  await nats.close();
}
await publish({
  name: 'fan-out-two',
  question:
    'How long does one order to a fleet take that is connected to two controllers, on each carrier of their messages?',
  figures,
  notes: ['Both controllers, PostgreSQL, NATS and the simulated nodes share the cores: a second controller adds none.'],
});

interface Setup {
  readonly env: Readonly<Record<string, string>>;
  /** Every second node is connected to another controller. */
  readonly isShared: boolean;
}

/** Milliseconds of each run. */
async function measure({ env, isShared }: Setup): Promise<number[]> {
  console.error(`${NODES} nodes at ${isShared ? 'two controllers' : 'one controller'}`);
  const east = new BenchController({ ...env, GARRISON_CONTROLLER_NAME: 'east' });
  await east.start();
  const west = isShared
    ? new BenchController({ ...env, ...joining(east), GARRISON_CONTROLLER_NAME: 'west' })
    : undefined;
  const fleet = new Fleet();
  try {
    await west?.start();
    const seed = await seedFleet(east, NODES);
    const half = (part: number) => ({ ...seed, nodes: seed.nodes.filter((_, place) => place % 2 === part) });
    await fleet.join(half(0), east.addresses.nodes);
    await fleet.join(half(1), (west ?? east).addresses.nodes);
    await fleet.connect();
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) times.push(await orderAll(east));
    return times.slice(2); // the first two warm up
  } finally {
    await fleet.close();
    await west?.close();
    await east.close();
  }
}

/** The database and the key of a controller that has its own. */
function joining({ dataDir }: BenchController): Record<string, string> {
  const database = { host: join(dataDir, 'postgres', 'socket'), port: 5432, user: 'garrison', database: 'garrison' };
  const key = readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();
  return { DATABASE_URL: connectionUrl(database), GARRISON_SECRET_KEY: key };
}

async function orderAll(controller: BenchController): Promise<number> {
  const from = performance.now();
  const runId = await invoke(controller, { All: null });
  await untilStored(controller, runId);
  const wallMs = performance.now() - from;
  await checkOutcomes(controller, runId, NODES);
  return wallMs;
}
