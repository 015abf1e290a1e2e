/**
 * `npm run soak:orders -- 30m [NODES]`: a random node, an order, again and again, ten a second, over 1,000 nodes. No order may fail.
 * Ends with 1 when one did. What it prints at the end is what is kept in `test/soak/results`.
 */
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Executor } from '#daemon/executions/executor.ts';
import { residentBytes } from '#test/hostile/support/controller-memory.ts';
import { Neighbour } from '#test/hostile/support/neighbour.ts';
import { Installation } from '#test/support/installation.ts';
import { LightDaemons } from '#test/support/light-daemons.ts';
import { durationOf } from './duration.ts';

const ORDER_EVERY_MS = 100;
const LOOK_EVERY_MS = 60_000;

/** The way there and back is what is measured. */
const nothing: Executor = {
  async execute(_, io) {
    io.started();
    return { outcome: 'ok', exitCode: 0 };
  },
};

const [duration = '30m', count = '1000'] = process.argv.slice(2);
const forMs = durationOf(duration);
const loadBefore = loadavg()[0];
const site = await Installation.start({ env: { GARRISON_LOG_LEVEL: 'error' } });
const fleet = await LightDaemons.join(site, { count: Number(count), executor: nothing }).catch(async (error) => {
  await site.close();
  throw error;
});
const nodeIds = (await Array.fromAsync(site.fleet.hosts())).map((host) => host.node_id);
const megabytes: number[] = [];
const looking = setInterval(() => megabytes.push(Math.round(residentBytes(site.ready.pid) / 1_048_576)), LOOK_EVERY_MS);
try {
  const operator = new Neighbour(site.ready, () => nodeIds[Math.floor(Math.random() * nodeIds.length)] as string); // there is one
  const latencies = await operator.work(delay(forMs), 1, ORDER_EVERY_MS);
  const twice = [...fleet.ledger.starts.values()].filter((starts) => starts > 1).length;
  const load = { before: loadBefore, after: loadavg()[0] };
  console.log(JSON.stringify({ duration, nodes: nodeIds.length, ...latencies, twice, megabytes, load }, null, 2));
  process.exitCode = latencies.failures.length + twice === 0 ? 0 : 1;
} finally {
  clearInterval(looking);
  await fleet.close();
  await site.close();
}
