/**
 * How much memory does the controller need for each connected node?
 *
 * Simulated nodes with a connection each over mutual TLS, idle but for their heartbeats; the resident memory of the controller's
 * process, less what it had with nobody connected, after it has had time to settle. Yardstick in the same run: a bare grpc-js
 * server that holds the same streams.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { RawBroadcast } from './support/raw-broadcast.ts';
import { type Figure, publish } from './support/report.ts';
import { type SeededNode, seedFleet } from './support/seed-fleet.ts';

const BUDGET_KB = 110;
const CONNECTED_PER_SECOND = 500;
const SETTLE_MS = 5000;
const LOOKS = 5;

const given = process.argv.slice(2).map(Number).filter(Number.isInteger);
const sizes = given.length > 0 ? given : [1000, 5000, 10_000];
const largest = Math.max(...sizes);

const controller = new BenchController();
const fleet = new Fleet();
const raw = new RawBroadcast();
try {
  await controller.start();
  const seed = await seedFleet(controller, largest);
  const rawEndpoint = await raw.listen(seed);
  const bare = await measure(rawEndpoint, async () => (await raw.usage()).residentBytes);
  await raw.close();
  const ours = await measure(controller.addresses.nodes, async () => controller.residentBytes);
  await publish({
    name: 'session-memory',
    question: 'How much memory does the controller need for each connected node?',
    figures: sizes.map(
      (size): Figure => ({
        what: `${size} nodes: resident memory for each`,
        unit: 'KB',
        values: ours.get(size) ?? [],
        atMost: size === largest ? BUDGET_KB : undefined,
        yardstick: { what: 'idle streams of bare grpc-js', values: bare.get(size) ?? [] },
      }),
    ),
    notes: [
      'Nothing is collected by force: it is what the operating system sees, with whatever garbage is left over from connecting.',
      `Each value is one look at the same fleet; they are a second apart.`,
    ],
  });

  /** Kilobytes for each node, by the size of the fleet. */
  async function measure(endpoint: string, residentBytes: () => Promise<number>): Promise<Map<number, number[]>> {
    await delay(SETTLE_MS);
    const empty = await residentBytes();
    const found = new Map<number, number[]>();
    let joined: readonly SeededNode[] = [];
    for (const size of sizes) {
      const nodes = seed.nodes.slice(joined.length, size);
      await fleet.join({ ...seed, nodes }, endpoint);
      await fleet.connect({ perSecond: CONNECTED_PER_SECOND });
      joined = seed.nodes.slice(0, size);
      await delay(SETTLE_MS);
      const values: number[] = [];
      for (let look = 0; look < LOOKS; look++) {
        await delay(1000);
        values.push(((await residentBytes()) - empty) / size / 1000);
      }
      found.set(size, values);
    }
    await fleet.disconnect();
    return found;
  }
} finally {
  await fleet.close();
  await raw.close();
  await controller.close();
}
