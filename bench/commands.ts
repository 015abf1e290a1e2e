/**
 * How long does a command take?
 *
 * From POST to the stored result, on one real daemon that starts a real process (yardstick: the same process started
 * here), once as a plain process through the edge fleet and once as an Edge Admin command, which is a login shell; from POST
 * to 201 with the executions of ten thousand nodes written; and from the first of a thousand nodes coming back to the last
 * of ten thousand executions that had waited for them.
 *
 *   node bench/commands.ts [--save]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from '#core/kernel/sql.ts';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { runToResult } from './support/invoke.ts';
import { type Figure, publish } from './support/report.ts';
import { percentile } from './support/sample.ts';
import { seedFleet } from './support/seed-fleet.ts';

const ONE_COMMAND_RUNS = 200;
const WARM_UP = 20;
const LARGE = 10_000;
const RETURNING_NODES = 1_000;
const WAITING_COMMANDS = 10;

const GARRISON = fileURLToPath(new URL('../bin/garrison', import.meta.url));

interface Made {
  readonly data: { readonly id: string };
}

const figures = [...(await measureOne()), ...(await measureLarge()), ...(await measureReturn())];
await publish({
  name: 'commands',
  question: 'How long does a command take?',
  figures,
  notes: [
    'A plain process is seen as stored when its `command_result` event arrives, which is read from the committed row.',
    'A script runs in a login shell, as the contract has it: the yardstick starts the same `bash --login -c true`.',
    'The nodes that return are simulated: they speak the real protocol and start no process.',
  ],
});

async function measureOne(): Promise<Figure[]> {
  const controller = new BenchController();
  let daemon: ReturnType<typeof spawn> | undefined;
  try {
    await controller.start();
    await controller.call('POST', '/api/v1/clusters', { name: 'bench' });
    const key = await controller.call<{ data: { key: string } }>('POST', '/api/v1/clusters/bench/enrollment_keys', {});
    daemon = spawn(GARRISON, ['node', 'run', '--state-dir', `${controller.dataDir}/node`], {
      env: { ...process.env, ENROLLMENT_KEY: key.data.key, USE_RANDOM_ID: 'true' },
      stdio: 'ignore',
    });
    await until(
      async () => (await controller.call<{ data: unknown[] }>('GET', '/api/v1/nodes?status=healthy')).data.length === 1,
    );
    return [
      ...(await measureAgainst('one plain process', () => runToResult(controller, ['true']), {
        spawned: ['true'],
        atMost: new Map([
          [0.5, 15],
          [0.99, 60],
        ]),
      })),
      ...(await measureAgainst('one Edge Admin command', () => runCommand(controller), {
        spawned: ['bash', '--login', '-c', 'true'],
      })),
    ];
  } finally {
    daemon?.kill('SIGKILL');
    await controller.close();
  }
}

interface Yardstick {
  readonly spawned: readonly [string, ...string[]];
  /** By rank, ms. */
  readonly atMost?: ReadonlyMap<number, number>;
}

async function measureAgainst(
  what: string,
  run: () => Promise<number>,
  { spawned, atMost }: Yardstick,
): Promise<Figure[]> {
  const [times, spawns]: [number[], number[]] = [[], []];
  for (let round = 0; round < ONE_COMMAND_RUNS + WARM_UP; round += 1) {
    const [time, own] = [await run(), await timed(() => spawnHere(spawned))];
    if (round < WARM_UP) continue;
    times.push(time);
    spawns.push(own);
  }
  return [0.5, 0.99].map((rank) => ({
    what: `${what}, POST to result stored, p${rank * 100}`,
    unit: 'ms',
    values: [ranked(times, rank)],
    atMost: atMost?.get(rank),
    yardstick: { what: `\`${spawned.join(' ')}\` started here`, values: [ranked(spawns, rank)] },
  }));
}

function runCommand(controller: BenchController): Promise<number> {
  return timed(async () => untilFinished(controller, [await command(controller)], 1));
}

async function spawnHere([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  await once(child, 'close');
}

async function measureLarge(): Promise<Figure[]> {
  const controller = new BenchController({ GARRISON_CAPACITY: '100000' });
  try {
    await controller.start();
    await seedFleet(controller, LARGE);
    const values: number[] = [];
    for (let run = 0; run < 7; run += 1) values.push(await timed(() => command(controller)));
    const [row] = await controller.db.query<{ count: number }>(sql`select count(*) as count from executions`);
    if (row?.count !== LARGE * 7) throw new Error(`${row?.count} executions were written`);
    return [{ what: `${LARGE} targets, POST to 201`, unit: 'ms', values: values.slice(2), atMost: 1_000 }];
  } finally {
    await controller.close();
  }
}

async function measureReturn(): Promise<Figure[]> {
  const controller = new BenchController();
  const fleet = new Fleet();
  try {
    await controller.start();
    const seed = await seedFleet(controller, RETURNING_NODES);
    await fleet.join(seed, controller.addresses.nodes);
    const values: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const ids: string[] = [];
      for (let each = 0; each < WAITING_COMMANDS; each += 1) ids.push(await command(controller));
      values.push(
        await timed(async () => {
          await fleet.connect({ perSecond: 2_000 });
          await untilFinished(controller, ids, RETURNING_NODES * WAITING_COMMANDS);
        }),
      );
      await fleet.disconnect();
      await fleet.join(seed, controller.addresses.nodes);
    }
    const waiting = RETURNING_NODES * WAITING_COMMANDS;
    return [
      {
        what: `${RETURNING_NODES} nodes return, ${waiting} executions had waited: connected and all stored`,
        unit: 'ms',
        values,
      },
    ];
  } finally {
    await fleet.close();
    await controller.close();
  }
}

async function command(controller: BenchController): Promise<string> {
  const body = { command_text: 'true', targeting: { type: 'all' } };
  return (await controller.call<Made>('POST', '/api/v1/commands', body)).data.id;
}

async function untilFinished({ db }: BenchController, ids: readonly string[], executions: number): Promise<void> {
  await until(async () => {
    const [row] = await db.query<{ count: number }>(sql`
      select count(*) as count from executions where run_id = any (${ids}::uuid[]) and state = 'finished'`);
    return row?.count === executions;
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(1);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function ranked(values: readonly number[], rank: number): number {
  return percentile(
    values.toSorted((left, right) => left - right),
    rank,
  );
}
