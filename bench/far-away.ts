/**
 * How do output and orders get on with a node 40 ms away?
 *
 * A real daemon behind a wire that delays and bounds nothing else: eight orders that write 4 MiB each, from the first POST to
 * the last byte stored, and one that writes 16 MiB, beside the same bytes through the same wire over bare TCP; and from POST to the stored result of
 * a `true` on that node, alone and while its output is on its way, beside the round trip.
 *
 *   node bench/far-away.ts [--save]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TcpProxy } from '../test/support/tcp-proxy.ts';
import { BenchController } from './support/controller.ts';
import { checkOutcomes, invoke, runToResult, untilStored } from './support/invoke.ts';
import { publish } from './support/report.ts';
import { percentile } from './support/sample.ts';

const ROUND_TRIP_MS = 40;
const ORDERS = 8;
const OUTPUT_BYTES = 4_194_304;
const OUTPUT_OF_ONE_BYTES = 16_777_216;
const RUNS = 5;
const LATENCIES = 60;
const MEGABYTES = (ORDERS * OUTPUT_BYTES) / 1_048_576;
const GARRISON = fileURLToPath(new URL('../bin/garrison', import.meta.url));

const wire = new TcpProxy({ roundTripMs: ROUND_TRIP_MS });
const port = await wire.listen();
const controller = new BenchController({
  GARRISON_NODE_ENDPOINTS: `127.0.0.1:${port}`,
  GARRISON_OUTPUT_LIMIT: '16MiB',
});
const [outputs, ofOne, bare]: [number[], number[], number[]] = [[], [], []];
const [alone, beside]: [number[], number[]] = [[], []];
let daemon: ReturnType<typeof spawn> | undefined;
try {
  await controller.start();
  wire.pointTo(Number(new URL(`tcp://${controller.addresses.nodes}`).port));
  daemon = await startDaemon();
  await writeOutput(); // warms up
  for (let one = 0; one < LATENCIES; one++) alone.push(await order());
  for (let run = 0; run < RUNS; run++) {
    outputs.push(MEGABYTES / (await timed(writeOutput)));
    ofOne.push(OUTPUT_OF_ONE_BYTES / 1_048_576 / (await timed(() => write(OUTPUT_OF_ONE_BYTES))));
    bare.push(MEGABYTES / (await timed(sendBare)));
  }
  while (beside.length < LATENCIES) await orderWhile(writeOutput());
} finally {
  daemon?.kill('SIGKILL');
  await controller.close();
  await wire.close();
}
const roundTrip = { what: 'the round trip', values: [ROUND_TRIP_MS] };
const latencies = (what: string, values: readonly number[], atMost?: number) =>
  [0.5, 0.99].map((rank) => ({
    what: `\`true\`, POST to result stored, ${what}, p${rank * 100}`,
    unit: 'ms',
    values: [
      percentile(
        values.toSorted((left, right) => left - right),
        rank,
      ),
    ],
    atMost: rank === 0.99 ? atMost : undefined,
    yardstick: roundTrip,
  }));
await publish({
  name: 'far-away',
  question: `How do output and orders get on with a node ${ROUND_TRIP_MS} ms away?`,
  figures: [
    {
      what: `output of one node, ${ORDERS} orders of ${OUTPUT_BYTES / 1_048_576} MiB`,
      unit: 'MB/s',
      values: outputs,
      atLeast: 15,
      yardstick: { what: 'bare TCP through the same wire', values: bare },
    },
    {
      what: `output of one order of ${OUTPUT_OF_ONE_BYTES / 1_048_576} MiB`,
      unit: 'MB/s',
      values: ofOne,
      atLeast: 15,
      yardstick: { what: 'bare TCP through the same wire', values: bare },
    },
    ...latencies('alone', alone),
    ...latencies('while output flows', beside, ROUND_TRIP_MS + 30),
  ],
  notes: [
    `64 KiB for each round trip, which HTTP/2 has unless it is told otherwise, are ${(65_535 / 1_048.576 / ROUND_TRIP_MS).toFixed(1)} MB/s here.`,
    'The wire delays each direction by half of the round trip; it has no loss and no bound. Daemon, controller, database and wire share the cores.',
  ],
});

async function startDaemon() {
  await controller.call('POST', '/api/v1/clusters', { name: 'bench' });
  const key = await controller.call<{ data: { key: string } }>('POST', '/api/v1/clusters/bench/enrollment_keys', {});
  const child = spawn(GARRISON, ['node', 'run', '--state-dir', `${controller.dataDir}/node`, '--concurrency', '16'], {
    env: { ...process.env, ENROLLMENT_KEY: key.data.key, USE_RANDOM_ID: 'true' },
    stdio: 'ignore',
  });
  while ((await controller.call<{ data: unknown[] }>('GET', '/api/v1/nodes?status=healthy')).data.length === 0)
    await delay(50);
  return child;
}

async function writeOutput(): Promise<void> {
  await Promise.all(Array.from({ length: ORDERS }, () => write(OUTPUT_BYTES)));
}

async function write(bytes: number): Promise<void> {
  const argv = ['sh', '-c', `head -c ${bytes} /dev/zero | tr '\\0' x`];
  const runId = await invoke(controller, { All: null }, { argv });
  await untilStored(controller, runId);
  await checkOutcomes(controller, runId, 1);
}

function order(): Promise<number> {
  return runToResult(controller, ['true']);
}

async function orderWhile(output: Promise<void>): Promise<void> {
  let isOver = false;
  const over = output.finally(() => {
    isOver = true;
  });
  await delay(ROUND_TRIP_MS * 4); // until it flows
  while (!isOver && beside.length < LATENCIES) {
    const took = await order();
    if (!isOver) beside.push(took);
  }
  await over;
}

/** The same bytes to somebody who says when he has them all. */
async function sendBare(): Promise<void> {
  const long = new TcpProxy({ roundTripMs: ROUND_TRIP_MS });
  const sink = createServer((socket) => {
    let left = ORDERS * OUTPUT_BYTES;
    socket.on('data', (bytes) => {
      left -= bytes.length;
      if (left === 0) socket.end('.');
    });
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  long.pointTo((sink.address() as AddressInfo).port); // it listens on TCP
  const socket = connect(await long.listen(), '127.0.0.1');
  const bytes = Buffer.alloc(65_536, 'x');
  for (let sent = 0; sent < ORDERS * OUTPUT_BYTES; sent += bytes.length) {
    if (!socket.write(bytes)) await once(socket, 'drain');
  }
  await once(socket, 'data');
  socket.destroy();
  await long.close();
  sink.close();
}

/** Seconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
