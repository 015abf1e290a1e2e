/**
 * How fast are tunnels, and what do they cost, beside OpenSSH's `-L`, tinyproxy and microsocks?
 *
 * A real daemon, its controller and a server of bytes on this machine; `garrison tunnel` and `ssh -L` carry the same bytes by turns, near and
 * through a wire of 40 ms. There also: `true` on the node, alone and beside four tunnels that carry all they can. The proxies: CONNECT and
 * one byte, eight at a time, and a long stream, beside those that Debian has. Last: 1,000 tunnels that are open at once.
 *
 *   node bench/tunnels.ts [--save]     GARRISON_BENCH_TOOLS=DIR: where packages of Debian were unpacked
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TcpProxy } from '../test/support/tcp-proxy.ts';
import { ask, dial, download, throughHttpProxy, throughSocks } from './support/bytes.ts';
import { Child } from './support/child.ts';
import { BenchController } from './support/controller.ts';
import { runToResult } from './support/invoke.ts';
import { freePort, OpenSshServer, untilOpen } from './support/open-ssh.ts';
import { GARRISON, RealNodes } from './support/real-nodes.ts';
import { type Figure, publish } from './support/report.ts';
import { percentile } from './support/sample.ts';
import { findTool } from './support/tools.ts';
import { residentBytes } from './support/usage.ts';

const ROUND_TRIP_MS = 40;
const RUNS = 2;
const NEAR_BYTES = 64_000_000;
const FAR_BYTES = 32_000_000;
const LATENCIES = 30;
const CONNECTIONS = 120;
const AT_ONCE = 8;
const OPEN = 1_000;
const NODES = 4; // a node has 256 tunnels at most
const SETTLE_MS = 3_000;
/** Throughput is not what the limits are for. */
const UNLIMITED = { GARRISON_TUNNEL_MEGABYTES_PER_CALLER: '0', GARRISON_TUNNEL_MEGABYTES_PER_NODE: '0' };

const children: ChildProcess[] = [];
const bytes = new Child(new URL('support/bytes-main.ts', import.meta.url));
const source = await bytes.call<number>('start');
const sshd = await OpenSshServer.start();
const directory = mkdtempSync(join(tmpdir(), 'garrison-bench-'));
const left = ['sshd', 'tinyproxy', 'microsocks'].filter((name) => findTool(name) === undefined);
const figures: Figure[] = [];
try {
  figures.push(...(await near()), ...(await far()));
} finally {
  for (const child of children) child.kill('SIGTERM');
  sshd?.stop();
  await bytes.end('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
}
await publish({
  name: 'tunnels',
  question: 'How fast are tunnels, and what do they cost, beside OpenSSH, tinyproxy and microsocks?',
  figures,
  notes: [
    `Near: ${NEAR_BYTES / 1e6} MB a run; at ${ROUND_TRIP_MS} ms: ${FAR_BYTES / 1e6} MB, through a wire that delays and bounds nothing else. Each run has ours and theirs, one after the other.`,
    'A tunnel passes four processes (client, controller, daemon, server) and is encrypted on the way from the daemon; `ssh -L` passes three.',
    `Connections: CONNECT, one byte there and back, ${AT_ONCE} at a time. Ours goes to a node and is audited; theirs dials from the proxy itself.`,
    `Memory is what ${OPEN} open tunnels to ${NODES} nodes add to the resident memory of the controller, and to that of the daemons together.`,
    'The wire, the readers of the four busy tunnels and whoever gives the orders are one process: what waits there is in the figures beside busy tunnels too.',
    'The limits of bandwidth are off here; with them a caller and a node have 128 MiB a second.',
    ...(left.length === 0 ? [] : [`Left out, because it is not installed here: ${left.join(', ')}.`]),
  ],
});

async function near(): Promise<Figure[]> {
  const controller = new BenchController(UNLIMITED);
  const nodes = new RealNodes();
  try {
    await controller.start();
    const [node, ...others] = await nodes.start(controller, NODES);
    if (node === undefined) throw new Error('there is no node');
    const theirs = sshd && (await forward(sshd.port));
    const ours = await tunnel(controller, node.id);
    const [tunnels, forwards, direct]: [number[], number[], number[]] = [[], [], []];
    for (let run = 0; run < RUNS; run += 1) {
      console.error(`near: run ${run + 1} of ${RUNS}`);
      tunnels.push(await download(await dial(ours), NEAR_BYTES));
      if (theirs !== undefined) forwards.push(await download(await dial(theirs), NEAR_BYTES));
      direct.push(await download(await dial(source), NEAR_BYTES));
    }
    console.error('near: tunnels are done');
    const targets = [node, ...others].map(({ hostname }) => `${hostname}:${source}`);
    return [
      { what: 'one tunnel, near', unit: 'MB/s', values: tunnels, ...besideForward(forwards, 0.7) },
      {
        what: 'one tunnel, near',
        unit: 'MB/s',
        values: tunnels,
        yardstick: { what: 'no tunnel at all', values: direct },
      },
      ...(await proxies(controller, targets[0] ?? '', direct)),
      ...(await memory(controller, nodes, targets)),
    ];
  } finally {
    nodes.stop();
    await controller.close();
  }
}

async function far(): Promise<Figure[]> {
  const wire = new TcpProxy({ roundTripMs: ROUND_TRIP_MS });
  const sshWire = new TcpProxy({ roundTripMs: ROUND_TRIP_MS });
  const controller = new BenchController({
    ...UNLIMITED,
    GARRISON_NODE_ENDPOINTS: `127.0.0.1:${await wire.listen()}`,
  });
  const nodes = new RealNodes();
  try {
    await controller.start();
    wire.pointTo(Number(new URL(`tcp://${controller.addresses.nodes}`).port));
    const sshPort = await sshWire.listen();
    if (sshd !== undefined) sshWire.pointTo(sshd.port);
    const [node] = await nodes.start(controller, 1);
    const theirs = sshd && (await forward(sshPort));
    const ours = await tunnel(controller, node?.id ?? '');
    const [tunnels, forwards]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      console.error(`far: run ${run + 1} of ${RUNS}`);
      tunnels.push(await download(await dial(ours), FAR_BYTES));
      if (theirs !== undefined) forwards.push(await download(await dial(theirs), FAR_BYTES));
    }
    const opened = await timesOf(LATENCIES, async () =>
      (await open(controller, `${node?.hostname}:${source}`)).destroy(),
    );
    const alone = await timesOf(LATENCIES, () => runToResult(controller, ['true']));
    const busy = await Promise.all(Array.from({ length: 4 }, () => dial(ours)));
    for (const socket of busy) ask(socket.resume(), 1e12);
    await delay(ROUND_TRIP_MS * 10); // until they flow
    const beside = await timesOf(LATENCIES, () => runToResult(controller, ['true']));
    for (const socket of busy) socket.destroy();
    return [
      {
        what: `one tunnel, ${ROUND_TRIP_MS} ms away`,
        unit: 'MB/s',
        values: tunnels,
        atLeast: 40,
        ...besideForward(forwards, 1),
      },
      {
        what: `opening a tunnel ${ROUND_TRIP_MS} ms away, p50`,
        unit: 'ms',
        values: [percentile(opened, 0.5)],
        atMost: 3.5 * ROUND_TRIP_MS + 5,
        yardstick: { what: 'the round trip', values: [ROUND_TRIP_MS] },
      },
      ...[0.5, 0.99].map((rank) => ({
        what: `\`true\` ${ROUND_TRIP_MS} ms away beside four busy tunnels, p${rank * 100}`,
        unit: 'ms',
        values: [percentile(beside, rank)],
        ...(rank === 0.99 && { atMost: percentile(alone, 0.99) + 30 }),
        yardstick: { what: 'alone', values: [percentile(alone, rank)] },
      })),
    ];
  } finally {
    nodes.stop();
    await controller.close();
    await wire.close();
    await sshWire.close();
  }
}

function besideForward(values: number[], atLeastOfYardstick: number): Partial<Figure> {
  return values.length === 0 ? {} : { atLeastOfYardstick, yardstick: { what: 'ssh -L', values } };
}

/** @returns the port on this machine */
async function forward(sshPort: number): Promise<number> {
  const port = await freePort();
  const way = ['-N', '-L', `127.0.0.1:${port}:127.0.0.1:${source}`, '-p', String(sshPort), 'nobody@127.0.0.1'];
  children.push(spawn('ssh', [...(sshd?.options ?? []), ...way], { stdio: 'inherit' }));
  await untilOpen(port);
  return port;
}

/** @returns the port on this machine */
async function tunnel(controller: BenchController, node: string): Promise<number> {
  const port = await freePort();
  const scopes = ['garrison.tunnels.open'];
  const { api_key: token } = await controller.call<{ api_key: string }>('POST', '/v1/keys', { name: 'bench', scopes });
  const env = { ...process.env, GARRISON_API: controller.addresses.api, GARRISON_TOKEN: token };
  children.push(
    spawn(GARRISON, ['tunnel', node, `${source}:${port}`], { env, stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  await untilOpen(port);
  return port;
}

function open({ addresses }: BenchController, target: string): Promise<Socket> {
  return throughHttpProxy(addresses.httpProxy, target, `_:${addresses.proxyKey}`);
}

async function proxies(controller: BenchController, target: string, direct: number[]): Promise<Figure[]> {
  const { socksProxy, proxyKey } = controller.addresses;
  const there = `127.0.0.1:${source}`;
  const tiny = await tinyproxy();
  const micro = await microsocks();
  const kinds = [
    {
      name: 'HTTP',
      ours: () => open(controller, target),
      rival: 'tinyproxy',
      theirs: tiny === undefined ? undefined : () => throughHttpProxy(tiny, there),
    },
    {
      name: 'SOCKS5',
      ours: () => throughSocks(socksProxy, target, `_:${proxyKey}`),
      rival: 'microsocks',
      theirs: micro === undefined ? undefined : () => throughSocks(micro, there, 'u:p'),
    },
  ];
  const found: Figure[] = [];
  for (const { name, ours, rival, theirs } of kinds) {
    console.error(`proxies: ${name}`);
    const figures = {
      rate: [] as number[],
      rivalRate: [] as number[],
      speed: [] as number[],
      rivalSpeed: [] as number[],
    };
    for (let run = 0; run < RUNS; run += 1) {
      figures.rate.push(await connectionsPerSecond(ours));
      figures.speed.push(await download(await ours(), NEAR_BYTES));
      if (theirs === undefined) continue;
      figures.rivalRate.push(await connectionsPerSecond(theirs));
      figures.rivalSpeed.push(await download(await theirs(), NEAR_BYTES));
    }
    const beside = (values: number[]) => (theirs === undefined ? {} : { yardstick: { what: rival, values } });
    found.push(
      {
        what: `${name} proxy: connections per second`,
        unit: '/s',
        values: figures.rate,
        atLeast: 300,
        ...beside(figures.rivalRate),
      },
      { what: `${name} proxy: one stream`, unit: 'MB/s', values: figures.speed, ...beside(figures.rivalSpeed) },
      {
        what: `${name} proxy: one stream`,
        unit: 'MB/s',
        values: figures.speed,
        atLeastOfYardstick: 0.3,
        yardstick: { what: 'no proxy at all', values: direct },
      },
    );
  }
  return found;
}

async function connectionsPerSecond(connect: () => Promise<Socket>): Promise<number> {
  const startedAt = performance.now();
  let taken = 0;
  const work = async () => {
    while (taken < CONNECTIONS) {
      taken += 1;
      await download(await connect(), 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return CONNECTIONS / ((performance.now() - startedAt) / 1_000);
}

async function memory(controller: BenchController, nodes: RealNodes, targets: readonly string[]): Promise<Figure[]> {
  console.error('memory');
  await delay(SETTLE_MS);
  const ofNodes = () => nodes.pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const before = { controller: controller.residentBytes, nodes: ofNodes() };
  const sockets: Socket[] = [];
  for (let place = 0; place < OPEN; place += 50) {
    const some = Array.from({ length: 50 }, (_, more) => targets[(place + more) % targets.length] ?? '');
    sockets.push(...(await Promise.all(some.map((target) => open(controller, target)))));
  }
  for (const socket of sockets) ask(socket, 1);
  await delay(SETTLE_MS);
  const after = { controller: controller.residentBytes, nodes: ofNodes() };
  for (const socket of sockets) socket.destroy();
  const each = (what: 'controller' | 'nodes') => (after[what] - before[what]) / OPEN / 1_000;
  return [
    {
      what: `${OPEN} tunnels open: memory of the controller for each`,
      unit: 'KB',
      values: [each('controller')],
      atMost: 60,
    },
    { what: `${OPEN} tunnels open: memory of the daemons for each`, unit: 'KB', values: [each('nodes')] },
  ];
}

async function tinyproxy(): Promise<string | undefined> {
  const program = findTool('tinyproxy');
  if (program === undefined) return undefined;
  const port = await freePort();
  const file = join(directory, 'tinyproxy.conf');
  writeFileSync(file, `Port ${port}\nListen 127.0.0.1\nMaxClients 200\nTimeout 60\nLogLevel Critical\n`);
  children.push(spawn(program, ['-d', '-c', file], { stdio: 'ignore' }));
  await untilOpen(port);
  return `127.0.0.1:${port}`;
}

async function microsocks(): Promise<string | undefined> {
  const program = findTool('microsocks');
  if (program === undefined) return undefined;
  const port = await freePort();
  children.push(spawn(program, ['-i', '127.0.0.1', '-p', String(port), '-u', 'u', '-P', 'p'], { stdio: 'ignore' }));
  await untilOpen(port);
  return `127.0.0.1:${port}`;
}

/** Milliseconds, sorted. */
async function timesOf(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let one = 0; one < count; one += 1) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((one, other) => one - other);
}
