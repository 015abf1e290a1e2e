/**
 * How long does a person wait in the console, with 10,000 nodes, a run of thousands and a log of 100 MB?
 *
 * Debian's Chromium without a window or a GPU against a controller whose nodes are simulated over the real protocol: the list of
 * nodes, keys and scrolling in it, a run that is watched while its results come, the same run afterwards, a long log, and what
 * stays in memory. Yardstick for pages: how long the same browser takes for the page without any data of the fleet.
 *
 *   node bench/console.ts [nodes] [connected] [--save]
 */
import type { NodeId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { ConsoleBrowser } from './support/console-browser.ts';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { invoke, untilStored } from './support/invoke.ts';
import { type Figure, publish } from './support/report.ts';
import { seedFleet } from './support/seed-fleet.ts';

const [nodes = 10_000, connected = 5_000] = process.argv.slice(2).map(Number).filter(Number.isInteger);
const LOG_BYTES = 100_000_000;
const ROUNDS = 3;
const LEAK_ROUNDS = 10;

const controller = new BenchController({ GARRISON_OUTPUT_LIMIT: '128MiB' });
const fleet = new Fleet();
const figures: Figure[] = [];
const say = (what: string, unit: string, values: readonly number[], rest: Partial<Figure> = {}) =>
  figures.push({ what, unit, values, ...rest });
try {
  await controller.start();
  const seed = await seedFleet(controller, nodes, { tags: tagsOf });
  await fleet.join({ ...seed, nodes: seed.nodes.slice(0, connected) }, controller.addresses.nodes);
  const writer = await seedFleet(controller, 1, { prefix: 'writer', tags: () => ['writer'] });
  await fleet.join(writer, controller.addresses.nodes, { outputBytes: LOG_BYTES });
  await fleet.connect({ perSecond: 1_000 });
  const browser = await ConsoleBrowser.start(controller.addresses);
  try {
    await measureNodes(browser);
    await measureRun(browser);
    await measureLog(browser, writer.nodes[0]?.nodeId);
    await measureLeaks(browser);
  } finally {
    await browser.close();
  }
} finally {
  await fleet.close();
  await controller.close();
}
await publish({
  name: 'console',
  question: `How long does a person wait in the console, with ${nodes} nodes, a run of thousands and a log of 100 MB?`,
  figures,
  notes: [
    'Chromium draws by software and shares the cores with the controller, its database and the simulated nodes.',
    `Of the nodes ${connected} are connected, and the run is on those.`,
    'The budgets are those of a machine that has nothing else to do; the load beside it is in the last line.',
  ],
});

function tagsOf(place: number): readonly string[] {
  if (place === 0) return ['on', 'alone'];
  return place < connected ? ['on'] : [];
}

async function measureNodes(browser: ConsoleBrowser): Promise<void> {
  const empty: number[] = [];
  const cold: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    empty.push(await browser.coldMs('/settings', 'main h1'));
    cold.push(await browser.coldMs('/nodes', '[role=row][aria-rowindex="2"]'));
  }
  const yardstick = { what: 'a page without data of the fleet', values: empty };
  say(`first look at the list of ${nodes} nodes, nothing cached`, 'ms', cold, { atMost: 1_000, yardstick });
  const warm: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await browser.go('/groups', 'main h1');
    warm.push(await browser.go('/nodes', '[role=row][aria-rowindex="2"]'));
  }
  say('the list again, from another page', 'ms', warm, { atMost: 400 });
  say('key to paint, p95 (50 × j)', 'ms', [await browser.keyMs('j', 50)], { atMost: 100 });
  say('scrolling, 400 px a frame, p95 of a frame', 'ms', [await browser.scrollMs(150)], { atMost: 34 });
  say('rows that were blank when they came into sight', 'rows', [await browser.blankRows()], { atMost: 0 });
}

async function measureRun(browser: ConsoleBrowser): Promise<void> {
  const target = { Selector: { tags: [{ Has: 'on' }] } };
  const first = await invoke(controller, target); // warms up the controller, and the page has one to show
  await untilStored(controller, first);
  const all = `${connected.toLocaleString('en')} of ${connected.toLocaleString('en')} hosts have ended`;
  await browser.go(`/runs/f-${first}`, 'main h1');
  const [late, took, frames, growth, rate, opened, bytes]: number[][] = [[], [], [], [], [], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    await browser.go('/runs', 'main h1');
    const before = await browser.heapMb();
    const watching = await browser.watch();
    const run = await invoke(controller, target);
    await browser.go(`/runs/f-${run}`, 'main h1');
    await browser.untilText(all);
    const shownAt = Date.now();
    const { frameMs, receivedKb, seconds } = await watching.end();
    const { began, ended } = await timesOf(run);
    late?.push(Math.max(0, shownAt - ended));
    took?.push(ended - began);
    frames?.push(frameMs);
    rate?.push(receivedKb / seconds);
    growth?.push((await browser.heapMb()) - before);
    await browser.go('/runs', 'main h1');
    await browser.forget();
    const again = await browser.watch();
    opened?.push(await browser.go(`/runs/f-${run}`, '[id^=group-]'));
    bytes?.push((await again.end()).receivedKb);
  }
  const results = `${connected} results`;
  say(`order to ${results} stored`, 'ms', took ?? []);
  say(`${results}: the last one on screen after it was stored`, 'ms', late ?? [], { atMost: 500 });
  say(`${results}: p95 of a frame meanwhile`, 'ms', frames ?? [], { atMost: 34 });
  say(`${results}: more in the heap of the page afterwards`, 'MB', growth ?? [], { atMost: 2 });
  say(`${results}: read from the network`, 'KB/s', rate ?? [], { atMost: 60 });
  say('the run opened after the fact', 'ms', opened ?? [], { atMost: 600 });
  say('the run opened after the fact, read', 'KB', bytes ?? [], { atMost: 40 });
}

/** By the clock of this machine, which the browser has too. */
async function timesOf(run: string): Promise<{ readonly began: number; readonly ended: number }> {
  const [row] = await controller.db.query<{ began: Date; ended: Date }>(sql`
    select created_at as began, ended_at as ended from runs where id = ${run}`);
  return { began: row?.began.getTime() ?? Number.NaN, ended: row?.ended.getTime() ?? Number.NaN };
}

async function measureLog(browser: ConsoleBrowser, nodeId: NodeId | undefined): Promise<void> {
  const run = await invoke(controller, { Node: `n-${nodeId}` });
  await untilStored(controller, run);
  const [row] = await controller.db.query<{ id: string }>(sql`select id from executions where run_id = ${run}`);
  const path = `/executions/c-${row?.id}`;
  const [first, jump, search]: number[][] = [[], [], []];
  await browser.go(path, '[data-stream]'); // the controller has its index now
  for (let round = 0; round < ROUNDS; round++) {
    await browser.go('/groups', 'main h1');
    await browser.forget();
    first?.push(await browser.go(path, '[data-stream]'));
    jump?.push(await browser.jumpInLog(0.2 + 0.2 * round));
    search?.push(await browser.go(`${path}?find=things%2F${7919 * 3_998}`, 'main section ol li code'));
    await browser.go(path, '[data-stream]');
  }
  say('log of 100 MB: first lines', 'ms', first ?? [], { atMost: 300 });
  say('log of 100 MB: a jump anywhere', 'ms', jump ?? [], { atMost: 400 });
  say('log of 100 MB: search to the first hit', 'ms', search ?? [], { atMost: 1_000 });
  say('log of 100 MB: heap of the page', 'MB', [await browser.heapMb()], { atMost: 60 });
}

/** Pages come and go, runs come in: what is left of them is what a tab that is open all day collects. */
async function measureLeaks(browser: ConsoleBrowser): Promise<void> {
  const round = async () => {
    const run = await invoke(controller, { Selector: { tags: [{ Has: 'alone' }] } });
    await browser.go(`/runs/f-${run}`, 'main h1');
    await browser.go('/nodes', '[role=row][aria-rowindex="2"]');
    await browser.go('/events', 'main h1');
    await untilStored(controller, run);
  };
  await round();
  const before = await browser.heapMb();
  for (let count = 0; count < LEAK_ROUNDS; count++) await round();
  say(
    `heap after ${LEAK_ROUNDS} more rounds through runs, nodes and events`,
    'MB more',
    [(await browser.heapMb()) - before],
    {
      atMost: 10,
    },
  );
}
