/**
 * How many heartbeats does a controller take, and what do those of ten thousand nodes cost?
 *
 * Simulated nodes with a connection each over mutual TLS. Flat out: every node writes heartbeats as fast as it can, and the
 * rate is their number over the time until the last one is in the database. At rest: one from every node every fifteen seconds,
 * as daemons do, and the CPU of the controller and of its PostgreSQL meanwhile. Yardstick in the same run: a bare grpc-js
 * server that reads the same frames over the same streams and keeps nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from '#core/kernel/sql.ts';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { RawBroadcast } from './support/raw-broadcast.ts';
import { publish } from './support/report.ts';
import { type SeededFleet, seedFleet } from './support/seed-fleet.ts';

const RUNS = 3;
const NODES = process.argv.slice(2).map(Number).find(Number.isInteger) ?? 10_000;
const HEARTBEAT_SECONDS = 15;
const SUSTAINED_PER_SECOND = 5000;
const WATCHED_MS = 4000;
const FLOOD_PER_NODE = 6;

/** Cores, where 1 is one of them all the time. */
interface Cores {
  readonly controller: number;
  readonly database: number;
}

interface Measured {
  readonly perSecond: readonly number[];
  readonly atRest: readonly Cores[];
  readonly sustained: readonly Cores[];
}

const controller = new BenchController();
const fleet = new Fleet();
try {
  await controller.start();
  const seed = await seedFleet(controller, NODES);
  const bare = await measureRaw(seed);
  const ours = await measureController(seed);
  const yardstick = 'bare grpc-js';
  await publish({
    name: 'heartbeats',
    question: 'How many heartbeats does a controller take, and what do those of ten thousand nodes cost?',
    figures: [
      {
        what: `${NODES} nodes, flat out: heartbeats per second until the last is stored`,
        unit: '/s',
        values: ours.perSecond,
        atLeast: 5000,
        yardstick: { what: yardstick, values: bare.perSecond },
      },
      {
        what: `one each in ${HEARTBEAT_SECONDS} s: controller and PostgreSQL`,
        unit: 'cores',
        values: ours.atRest.map((cores) => cores.controller + cores.database),
        atMost: 0.5,
        yardstick: { what: yardstick, values: bare.atRest.map((cores) => cores.controller) },
      },
      { what: 'of it: PostgreSQL', unit: 'cores', values: ours.atRest.map((cores) => cores.database) },
      {
        what: `${SUSTAINED_PER_SECOND} per second: controller`,
        unit: 'cores',
        values: ours.sustained.map((cores) => cores.controller),
        yardstick: { what: yardstick, values: bare.sustained.map((cores) => cores.controller) },
      },
      {
        what: `${SUSTAINED_PER_SECOND} per second: PostgreSQL`,
        unit: 'cores',
        values: ours.sustained.map((cores) => cores.database),
      },
    ],
    notes: [
      'The nodes that write the heartbeats share the cores with the controller and PostgreSQL.',
      'A node that beats more than once in a second is written once.',
    ],
  });
} finally {
  await fleet.close();
  await controller.close();
}

async function measureRaw(seed: SeededFleet): Promise<Measured> {
  const raw = new RawBroadcast();
  try {
    const endpoint = await raw.listen(seed);
    const used = async () => ({ controller: (await raw.usage()).cpuSeconds, database: 0 });
    return await measure(seed, endpoint, used, async (count) => {
      for (let taken = 0; ; ) {
        await delay(20);
        const { count: more, lastAt } = await raw.takeHeartbeats();
        taken += more;
        if (taken >= count) return lastAt;
      }
    });
  } finally {
    await raw.close();
  }
}

function measureController(seed: SeededFleet): Promise<Measured> {
  const used = async () => ({ controller: controller.cpuSeconds, database: controller.databaseCpuSeconds });
  return measure(seed, controller.addresses.nodes, used, lastStored);
}

/** When the last heartbeat was taken, as soon as the database has known nothing newer for two seconds. */
async function lastStored(): Promise<number> {
  for (let before = 0; ; ) {
    await delay(2000);
    const [row] = await controller.db.query<{ at: Date }>(sql`select max(last_seen_at) as at from nodes`);
    const last = row?.at.getTime() ?? 0;
    if (last === before) return last;
    before = last;
  }
}

async function measure(
  seed: SeededFleet,
  endpoint: string,
  used: () => Promise<Cores>,
  lastTaken: (count: number) => Promise<number>,
): Promise<Measured> {
  await fleet.join(seed, endpoint);
  await fleet.connect({ perSecond: 500 });
  const atRest: Cores[] = [];
  const sustained: Cores[] = [];
  const perSecond: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    await fleet.beat(NODES / HEARTBEAT_SECONDS);
    atRest.push(await coresOf(used));
    await fleet.beat(SUSTAINED_PER_SECOND);
    sustained.push(await coresOf(used));
    await fleet.beat(0);
    await delay(2000);
    await lastTaken(0);
    perSecond.push(await flatOut(lastTaken));
  }
  await fleet.disconnect();
  return { atRest, sustained, perSecond };
}

async function coresOf(used: () => Promise<Cores>): Promise<Cores> {
  await delay(1000);
  const [start, before] = [performance.now(), await used()];
  await delay(WATCHED_MS);
  const [seconds, after] = [(performance.now() - start) / 1000, await used()];
  return {
    controller: (after.controller - before.controller) / seconds,
    database: (after.database - before.database) / seconds,
  };
}

async function flatOut(lastTaken: (count: number) => Promise<number>): Promise<number> {
  const start = Date.now();
  await fleet.flood(FLOOD_PER_NODE);
  const count = FLOOD_PER_NODE * NODES;
  return count / ((Math.max(await lastTaken(count), start + 1) - start) / 1000);
}
