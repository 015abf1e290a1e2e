/**
 * How long do the programs take to start, and what does an idle daemon hold?
 *
 * Each from a release (bundled) and from the sources, one after the other in the same run: the command line until its
 * help is printed (yardstick: Node with an empty program), a controller with its database until it is ready, for the first
 * time and again, and a daemon until its session is open.
 *
 *   node bench/start-up.ts [--save]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Figure, publish } from './support/report.ts';
import { cpuSeconds, residentBytes } from './support/usage.ts';

const HELP_RUNS = 15;
const RUNS = 3;
const SETTLE_MS = 3_000;
const IDLE_MS = 5_000;

const directory = mkdtempSync(join(tmpdir(), 'garrison-bench-'));
const release = join(directory, 'release');
const cache = join(release, 'node_modules', '.cache');
const programs = {
  release: join(release, 'bin', 'garrison'),
  sources: fileURLToPath(new URL('../bin/garrison', import.meta.url)),
};
type Kind = keyof typeof programs;
const KINDS: readonly Kind[] = ['release', 'sources'];

type Samples = Record<Kind, number[]>;
const samples = (): Samples => ({ release: [], sources: [] });
const [help, firstStart, restart, daemonStart, daemonMemory, daemonTime] = Array.from({ length: 6 }, samples) as [
  Samples,
  Samples,
  Samples,
  Samples,
  Samples,
  Samples,
];
const emptyNode: number[] = [];

try {
  execFileSync(process.execPath, [fileURLToPath(new URL('../build/release.ts', import.meta.url)), release]);
  for (let run = -1; run < HELP_RUNS; run += 1) measureHelp(run >= 0);
  for (let run = 0; run < RUNS; run += 1) {
    for (const kind of KINDS) await measureInstallation(kind, join(directory, `${kind}-${run}`));
  }
  await publish({
    name: 'start-up',
    question: 'How long do the programs take to start, and what does an idle daemon hold?',
    figures: figures(),
    notes: [
      'A first start of the release has nothing compiled yet; every other start finds compiled code where it was kept.',
      `The daemon is idle: joined, its session open for ${(SETTLE_MS + IDLE_MS) / 1000} s, nothing to do.`,
    ],
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function figures(): Figure[] {
  const compared = (what: string, unit: string, { release, sources }: Samples, atMost?: number): Figure => ({
    what: `${what}, release`,
    unit,
    values: release,
    atMost,
    yardstick: { what: 'from sources', values: sources },
  });
  const helpOf = (kind: Kind): Figure => ({
    what: `garrison --help, ${kind}`,
    unit: 'ms',
    values: help[kind],
    yardstick: { what: 'node with an empty program', values: emptyNode },
  });
  return [
    ...KINDS.map(helpOf),
    compared('garrison up, first start to ready', 'ms', firstStart, 5_000),
    compared('garrison up, restart to ready', 'ms', restart, 2_000),
    compared('daemon, start to open session', 'ms', daemonStart),
    compared('daemon, resident memory when idle', 'MB', daemonMemory, 90),
    { what: 'daemon, share of a core when idle, release', unit: '%', values: daemonTime.release, atMost: 0.5 },
  ];
}

function measureHelp(counts: boolean): void {
  const timed = (file: string, args: readonly string[], values: number[]) => {
    const begun = performance.now();
    execFileSync(file, args, { stdio: 'ignore' });
    if (counts) values.push(performance.now() - begun);
  };
  timed(process.execPath, ['-e', '0'], emptyNode);
  for (const kind of KINDS) timed(programs[kind], ['--help'], help[kind]);
}

async function measureInstallation(kind: Kind, dataDir: string): Promise<void> {
  rmSync(cache, { recursive: true, force: true });
  const first = await startController(kind, dataDir);
  firstStart[kind].push(first.tookMs);
  await end(first.child);
  const again = await startController(kind, dataDir);
  restart[kind].push(again.tookMs);
  const stateDir = join(dataDir, 'node');
  try {
    await end((await startDaemon(kind, stateDir, { ENROLLMENT_KEY: await enrolmentToken(again.ready) })).child);
    const { child, tookMs } = await startDaemon(kind, stateDir, {});
    daemonStart[kind].push(tookMs);
    await delay(SETTLE_MS);
    const before = cpuSeconds(child.pid ?? 0);
    await delay(IDLE_MS);
    daemonTime[kind].push(((cpuSeconds(child.pid ?? 0) - before) / IDLE_MS) * 100_000);
    daemonMemory[kind].push(residentBytes(child.pid ?? 0) / 2 ** 20);
    await end(child);
  } finally {
    await end(again.child);
  }
}

interface Ready {
  readonly api: string;
  readonly edgeToken: string;
}

async function startController(kind: Kind, dataDir: string) {
  const begun = performance.now();
  const ports = ['--port', '0', '--node-port', '0', '--tls-port', '0'];
  const args = ['up', '--json', '--no-local-node', '--data-dir', dataDir, ...ports];
  const child = spawn(programs[kind], args, { env: environment(), stdio: ['ignore', 'pipe', 'ignore'] });
  const ready = JSON.parse(await lineOf(child.stdout, () => true)) as Ready; // printed by `up --json`
  return { child, ready, tookMs: performance.now() - begun };
}

async function startDaemon(kind: Kind, stateDir: string, env: Readonly<Record<string, string>>) {
  const begun = performance.now();
  const args = ['node', 'run', '--state-dir', stateDir];
  const options = { env: { ...environment(), USE_RANDOM_ID: 'true', ...env } };
  const child = spawn(programs[kind], args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  await lineOf(child.stderr, (line) => line.includes('a session is open'));
  return { child, tookMs: performance.now() - begun };
}

async function enrolmentToken({ api, edgeToken }: Ready): Promise<string> {
  const response = await fetch(`${api}/v1/edge/enrollment-tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${edgeToken}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { token } = (await response.json()) as { token: string }; // the contract's
  return token;
}

async function lineOf(stream: NodeJS.ReadableStream, matches: (line: string) => boolean): Promise<string> {
  const lines = createInterface({ input: stream });
  for await (const line of lines) {
    if (!matches(line)) continue;
    stream.resume();
    return line;
  }
  throw new Error('the program ended before it was ready');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(GARRISON_|DATABASE_URL|NODE_OPTIONS)/.test(name));
  return { ...Object.fromEntries(own), XDG_CONFIG_HOME: directory, GARRISON_NODE_HOST: '127.0.0.1' };
}
