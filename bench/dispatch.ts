/**
 * How long does it take until a coding agent is at work, and what does what stands between it and the world cost?
 *
 * A whole controller and one real daemon: from `POST /dispatch` to the first instruction of the agent, one at a time and 25 at
 * once, beside the same sandbox started by hand; a log that is written as fast as it is taken, beside the same bytes of a plain
 * command; an artifact on its way, beside `git diff` and `cat`; and the relay to a model, beside its provider asked directly.
 * Everything by turns in one run.
 *
 *   node bench/dispatch.ts [--runs N] [--save]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Child } from './support/child.ts';
import { type Dispatched, DispatchSite } from './support/dispatch-site.ts';
import { HandMadeSandbox } from './support/hand-made-sandbox.ts';
import { runToResult } from './support/invoke.ts';
import type { RelayPlace } from './support/relay-main.ts';
import { type Figure, publish } from './support/report.ts';
import { percentile, sample } from './support/sample.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' }, save: { type: 'boolean' } } });
const RUNS = Number(values.runs);
const ONE_BY_ONE = 20;
const AT_ONCE = 25;
const LOG_MIB = 8;
const PATCH_MIB = 16;
const RELAYED_MIB = 64;
const MIB = 1_048_576;

const CLOCK = 'date +%s%N';
const LOG = `yes ${'a line of a log, '.repeat(5)} | head -c ${LOG_MIB * MIB}`;
const WRITE = `head -c ${(PATCH_MIB * MIB * 3) / 4} /dev/urandom | base64 > made.txt`;
const sh = (script: string) => ({ command: ['sh', '-c', script] });

const figures: Figure[] = [];
const site = new DispatchSite();
const sandbox = new HandMadeSandbox();
try {
  await sandbox.open();
  await site.start({ clock: sh(CLOCK), logs: sh(LOG), writes: sh(WRITE) }, AT_ONCE);
  console.error('starts');
  await measureStarts();
  console.error('many at once');
  await measureManyAtOnce();
  console.error('log');
  await measureLog();
  console.error('artifact');
  await measureArtifact();
} finally {
  await sandbox.close();
  await site.close();
}
console.error('relay');
await measureRelay();
await publish({
  name: 'dispatch',
  question:
    'How long does it take until a coding agent is at work, and what does what stands between it and the world cost?',
  figures,
  notes: [
    'A start is from just before `POST /dispatch` to the first thing the agent does, which tells the time: queue, order, workspace (an empty repository), leave to start and sandbox are in between. By hand: bubblewrap with the same profile and the same program, and nothing else.',
    `The log is ${LOG_MIB} MiB of lines of 85 characters, from the start of the agent to the end of the dispatch; each line is redacted and becomes an entry with time, level and source. The plain command writes the same bytes, which are stored as they are.`,
    `The artifact is the patch of a file of ${PATCH_MIB} MiB: made in a sandbox, redacted, uploaded, checked and stored with the others; by hand, \`git add\` and \`git diff\` into a file, and \`cat\` of that into another.`,
    'The relay is asked through what stands in the sandbox in front of it, as agents do: two more processes.',
  ],
});

async function measureStarts(): Promise<void> {
  const [ours, byHand]: [number[], number[]] = [[], []];
  for (let round = 0; round < ONE_BY_ONE + 3; round += 1) {
    const one = await site.dispatch('clock');
    await site.ended([one]);
    const times = [await startOf(one), await byHandOnce()] as const;
    if (round < 3) continue; // code that has not run yet
    ours.push(times[0]);
    byHand.push(times[1]);
  }
  for (const rank of [0.5, 0.99])
    figures.push({
      what: `one dispatch, POST to agent at work, p${rank * 100}`,
      unit: 'ms',
      values: [ranked(ours, rank)],
      yardstick: { what: 'the same sandbox by hand', values: [ranked(byHand, rank)] },
    });
}

async function measureManyAtOnce(): Promise<void> {
  const [ours, byHand, starts]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    const from = performance.now();
    const many = await Promise.all(Array.from({ length: AT_ONCE }, () => site.dispatch('clock')));
    await site.ended(many);
    ours.push(performance.now() - from);
    starts.push(ranked(await Promise.all(many.map(startOf)), 0.5));
    byHand.push(await timed(() => Promise.all(Array.from({ length: AT_ONCE }, byHandOnce))));
  }
  figures.push(
    {
      what: `${AT_ONCE} dispatches at once: all have ended, with their artifacts`,
      unit: 'ms',
      values: ours,
      yardstick: { what: 'as many sandboxes by hand', values: byHand },
    },
    { what: `${AT_ONCE} dispatches at once: POST to agent at work, p50`, unit: 'ms', values: starts },
  );
}

async function measureLog(): Promise<void> {
  const [ours, plain]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    const one = await site.dispatch('logs');
    await site.ended([one]);
    ours.push((LOG_MIB * 1_000) / (await site.between(one, 'running', 'success')));
    plain.push((LOG_MIB * 1_000) / (await runToResult(site.controller, ['sh', '-c', LOG])));
  }
  const yardstick = { what: 'output of a plain command', values: plain };
  figures.push({ what: 'log of an agent', unit: 'MiB/s', values: ours, yardstick });
}

async function measureArtifact(): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'garrison-bench-patch-'));
  const [made, byHand, fetched, cats]: [number[], number[], number[], number[]] = [[], [], [], []];
  const patch = join(place, 'patch');
  for (let run = 0; run < RUNS; run += 1) {
    const one = await site.dispatch('writes');
    await site.ended([one]);
    made.push(await site.between(one, 'completing', 'success'));
    await shell(`rm -rf tree && git init -q tree && cd tree && ${WRITE}`, place);
    byHand.push(
      await timed(() =>
        shell('cd tree && git add -A && git diff --cached --binary > ../patch && cat ../patch > ../copy', place),
      ),
    );
    const url = await site.artifact(one, 'changes.patch');
    fetched.push(
      (PATCH_MIB * 1_000) / (await timed(() => shell(`curl -sf ${JSON.stringify(url)} | cat > copy`, place))),
    );
    cats.push((PATCH_MIB * 1_000) / (await timed(() => shell(`cat ${patch} | cat > copy`, place))));
  }
  await rm(place, { recursive: true, force: true });
  figures.push(
    {
      what: `a patch of ${PATCH_MIB} MiB: agent ended to everything stored`,
      unit: 'ms',
      values: made,
      yardstick: { what: '`git diff` into a file, and `cat`', values: byHand },
    },
    {
      what: 'an artifact fetched by its address',
      unit: 'MiB/s',
      values: fetched,
      yardstick: { what: '`cat` of the file', values: cats },
    },
  );
}

async function measureRelay(): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'garrison-bench-relay-'));
  const provider = new Child(new URL('support/provider-main.ts', import.meta.url));
  const relay = new Child(new URL('support/relay-main.ts', import.meta.url));
  const port = await provider.call<number>('start');
  const [socket, ownKey] = [join(place, 'model.sock'), 'key-of-this-run'];
  await relay.call('start', { socket, ownKey, upstream: `http://127.0.0.1:${port}` } satisfies RelayPlace);
  const inside = fileURLToPath(new URL('../src/daemon/agents/relay/agent-inside.ts', import.meta.url));
  const way = spawn(process.execPath, [inside, `8399=${socket}`, '--', 'sleep', '600'], { stdio: 'inherit' });
  const agent = new Agent({ keepAlive: true });
  const ask = (to: number, path: string) => asked(agent, { port: to, path, ownKey });
  try {
    while (
      !(await ask(8399, '/x').then(
        () => true,
        () => false,
      ))
    )
      await delay(20);
    const direct = await sample(() => ask(port, '/x'));
    const relayed = await sample(() => ask(8399, '/x'));
    for (const [rank, key] of [
      [50, 'p50Ms'],
      [99, 'p99Ms'],
    ] as const)
      figures.push({
        what: `one request of a model through the relay, p${rank}`,
        unit: 'ms',
        values: [relayed[key]],
        yardstick: { what: 'the provider directly', values: [direct[key]] },
      });
    const rates: Record<'direct' | 'relayed', number[]> = { direct: [], relayed: [] };
    for (let run = 0; run < RUNS; run += 1)
      for (const [side, to] of [
        ['direct', port],
        ['relayed', 8399],
      ] as const)
        rates[side].push((RELAYED_MIB * 1_000) / (await timed(() => ask(to, `/bytes/${RELAYED_MIB * MIB}`))));
    const yardstick = { what: 'the provider directly', values: rates.direct };
    figures.push({
      what: 'answers through the relay, read for what they used',
      unit: 'MiB/s',
      values: rates.relayed,
      yardstick,
    });
  } finally {
    agent.destroy();
    way.kill('SIGKILL');
    await relay.end('SIGTERM');
    await provider.end('SIGTERM');
    await rm(place, { recursive: true, force: true });
  }
}

function asked(
  agent: Agent,
  { port, path, ownKey }: { readonly port: number; readonly path: string; readonly ownKey: string },
): Promise<void> {
  const headers = { authorization: `Bearer ${ownKey}` };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path} was answered with ${response.statusCode}`));
      response.on('end', resolve).on('error', reject).resume();
    });
    outgoing.on('error', reject);
    outgoing.end('{}');
  });
}

/** Milliseconds from the question to the first thing its agent did. */
async function startOf(one: Dispatched): Promise<number> {
  return Number(await site.firstWord(one)) / 1e6 - one.askedAt;
}

async function byHandOnce(): Promise<number> {
  const from = performance.timeOrigin + performance.now();
  return Number(await sandbox.run(CLOCK)) / 1e6 - from;
}

async function shell(script: string, cwd: string): Promise<void> {
  const child = spawn('sh', ['-c', script], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
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
