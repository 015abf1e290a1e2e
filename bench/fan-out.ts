/**
 * How long does one order to a whole fleet take, until every result is stored?
 *
 * `cmd.run` on all, through POST /v1/edge/fleet/invoke, on simulated nodes that speak the real protocol over a connection
 * each; the clock stops when the run's row says that it has ended, so all results have been committed. Yardstick in
 * the same run: a bare grpc-js server that broadcasts the same order over as many mTLS streams and stores nothing.
 */
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { checkOutcomes, invoke, untilStored } from './support/invoke.ts';
import { RawBroadcast } from './support/raw-broadcast.ts';
import { type Figure, publish } from './support/report.ts';
import { type SeededFleet, type SeededNode, seedFleet } from './support/seed-fleet.ts';

const RUNS = 7;
const BUDGET_MS: Readonly<Record<number, number>> = { 1000: 1000, 5000: 2500 };

const given = process.argv.slice(2).map(Number).filter(Number.isInteger);
const sizes = given.length > 0 ? given : [1000, 5000];

const controller = new BenchController();
const fleet = new Fleet();
const figures: Figure[] = [];
try {
  await controller.start();
  let nodes: readonly SeededNode[] = [];
  for (const size of sizes) {
    const seed = await seedFleet(controller, size - nodes.length, { prefix: `sim${size}` });
    nodes = [...nodes, ...seed.nodes];
    const broadcast = await measureBroadcast({ ...seed, nodes });
    const fanOut = await measureFanOut({ ...seed, nodes });
    figures.push(
      {
        what: `${size} nodes: POST to the last result stored`,
        unit: 'ms',
        values: fanOut.map((run) => run.wallMs),
        atMost: BUDGET_MS[size],
        yardstick: { what: 'broadcast and echo over raw grpc-js', values: broadcast.map((run) => run.wallMs) },
        growth: { panel: 'an order to all', line: 'POST to the last result stored', size },
      },
      {
        what: `${size} nodes: CPU of the controller`,
        unit: 'ms',
        values: fanOut.map((run) => run.cpuMs),
        yardstick: { what: 'raw grpc-js', values: broadcast.map((run) => run.cpuMs) },
      },
      { what: `${size} nodes: CPU of PostgreSQL`, unit: 'ms', values: fanOut.map((run) => run.databaseCpuMs) },
    );
  }
} finally {
  await fleet.close();
  await controller.close();
}
await publish({
  name: 'fan-out',
  question: 'How long does one order to a whole fleet take, until every result is stored?',
  figures,
  sizes: 'nodes',
  notes: [
    'The simulated nodes start no process; their two processes share the cores with the controller and PostgreSQL.',
  ],
});

interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly databaseCpuMs: number;
}

async function measureBroadcast(seed: SeededFleet): Promise<Run[]> {
  const raw = new RawBroadcast();
  try {
    await fleet.join(seed, await raw.listen(seed));
    await fleet.connect();
    return await repeat(async () => {
      const before = await raw.usage();
      const wallMs = await raw.broadcast();
      const after = await raw.usage();
      return { wallMs, cpuMs: (after.cpuSeconds - before.cpuSeconds) * 1000, databaseCpuMs: 0 };
    });
  } finally {
    await fleet.disconnect();
    await raw.close();
  }
}

async function measureFanOut(seed: SeededFleet): Promise<Run[]> {
  await fleet.join(seed, controller.addresses.nodes);
  await fleet.connect();
  const runs = await controller.profiled(`fan-out-${seed.nodes.length}`, () =>
    repeat(() => orderAll(seed.nodes.length)),
  );
  await fleet.disconnect();
  return runs;
}

async function orderAll(nodes: number): Promise<Run> {
  const [cpuBefore, databaseBefore] = [controller.cpuSeconds, controller.databaseCpuSeconds];
  const start = performance.now();
  const runId = await invoke(controller, { All: null });
  await untilStored(controller, runId);
  const wallMs = performance.now() - start;
  const cpuMs = (controller.cpuSeconds - cpuBefore) * 1000;
  const databaseCpuMs = (controller.databaseCpuSeconds - databaseBefore) * 1000;
  await checkOutcomes(controller, runId, nodes);
  return { wallMs, cpuMs, databaseCpuMs };
}

/** The first two times warm up and are not counted. */
async function repeat(work: () => Promise<Run>): Promise<Run[]> {
  for (let run = 0; run < 2; run++) await work();
  const values: Run[] = [];
  for (let run = 0; run < RUNS; run++) values.push(await work());
  return values;
}
