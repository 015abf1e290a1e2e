/**
 * How long does an Edge Admin command take?
 *
 * Three answers: from POST to the result in the database, on one real daemon that starts a real process (yardstick: the same
 * process started here); from POST to 201 with the executions of ten thousand nodes written; and from the first of a
 * thousand nodes coming back to the last of ten thousand executions that had waited for them.
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
import { type Figure, publish } from './support/report.ts';
import { percentile } from './support/sample.ts';
import { seedFleet } from './support/seed-fleet.ts';

const ONE_COMMAND_RUNS = 200;
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
  question: 'How long does an Edge Admin command take?',
  figures,
  notes: [
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
    const [commands, spawns]: [number[], number[]] = [[], []];
    for (let run = 0; run < ONE_COMMAND_RUNS + 20; run += 1) {
      const [command, own] = [await timed(() => runCommand(controller)), await timed(spawnHere)];
      if (run < 20) continue;
      commands.push(command);
      spawns.push(own);
    }
    return [0.5, 0.99].map((rank) => ({
      what: `one command, POST to result stored, p${rank * 100}`,
      unit: 'ms',
      values: [ranked(commands, rank)],
      yardstick: { what: 'the same process started here', values: [ranked(spawns, rank)] },
    }));
  } finally {
    daemon?.kill('SIGKILL');
    await controller.close();
  }
}

async function runCommand(controller: BenchController): Promise<void> {
  const id = await command(controller);
  await untilFinished(controller, [id], 1);
}

async function spawnHere(): Promise<void> {
  const child = spawn('bash', ['--login', '-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
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
