/**
 * What does it cost a controller that its nodes fetch a release?
 *
 * Simulated nodes with a session each fetch one file at once, each on a connection of its own over mutual TLS, as a daemon does; the
 * limit of bandwidth is out of the way. Yardstick in the same run: as many clients fetch the same file from nginx over TLS. Then, under
 * the limit that is the default, commands are given to one node while the others fetch: their p99, beside that of the idle controller.
 *
 *   node bench/updates.ts [--full] [--save]     --full: 100 nodes the bundle of a node, 1,000 nodes 4 MiB
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '#client/connection.ts';
import { NativeClient } from '#client/native/native-client.ts';
import { writeManifest } from '#protocol/releases/manifest.ts';
import { generateSecretKey, readSecretKey, signDigest } from '#runtime/minisign/secret-key.ts';
import { takesConnections } from '#test/support/server-program.ts';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { LatencyProbe } from './support/latency-probe.ts';
import { type Figure, publish } from './support/report.ts';
import { seedFleet } from './support/seed-fleet.ts';

const MEBIBYTE = 2 ** 20;
const isFull = process.argv.includes('--full');
/** A release for nodes is about as large. */
const BUNDLE_MEBIBYTES = 41;
const LOADS = [
  { nodes: isFull ? 100 : 10, mebibytes: BUNDLE_MEBIBYTES },
  { nodes: isFull ? 1_000 : 100, mebibytes: 4 },
];
/** For as long as this many fetch a bundle under the limit, commands are given: some twenty seconds. */
const NODES_MEANWHILE = isFull ? 30 : 10;
const PROBE_EVERY_MS = 50;
const IDLE_MS = 5_000;
/** What a controller may hold more than before, whatever the nodes fetch: a few blocks for each connection. */
const MOST_MEBIBYTES_MORE = 150;

const directory = mkdtempSync(join(tmpdir(), 'garrison-bench-updates-'));
const key = generateSecretKey();
let counter = 0;
let nginx: ChildProcess | undefined;
try {
  const url = await startNginx();
  const commands = await measureCommands();
  console.error(`${commands.what}: measured`);
  const figures: Figure[] = [];
  for (const load of LOADS) figures.push(...(await measureLoad(load, url)));
  figures.push(commands);
  await publish({
    name: 'updates',
    question: 'What does it cost a controller that its nodes fetch a release?',
    figures,
    notes: [
      'Nodes, controller, database and nginx share the processors of one machine; the time is from the first question to the last byte.',
      isFull ? 'The loads of the full run.' : 'A tenth of the nodes; `--full` has 100 and 1,000.',
      'Each load once, after nginx has sent the same: that warms up, and fills the caches of the disk.',
    ],
  });
} finally {
  nginx?.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
}

interface Load {
  readonly nodes: number;
  readonly mebibytes: number;
}

async function measureLoad({ nodes, mebibytes }: Load, url: string): Promise<Figure[]> {
  const figures = { seconds: [] as number[], nginx: [] as number[], more: [] as number[] };
  const controller = new BenchController({ GARRISON_RELEASE_BANDWIDTH: '64GiB' });
  const fleet = new Fleet();
  try {
    const ticket = await prepare(controller, fleet, { nodes, mebibytes });
    const fetched = nodes * mebibytes;
    figures.nginx.push(await secondsOf(() => fleet.fetchAll(`${url}/${ticket}`, nodes), fetched));
    const before = controller.residentBytes;
    let most = before;
    const watching = setInterval(() => {
      most = Math.max(most, controller.residentBytes);
    }, 100);
    const downloading = secondsOf(() => fleet.download(ticket, nodes), fetched);
    figures.seconds.push(await downloading.finally(() => clearInterval(watching)));
    figures.more.push((most - before) / MEBIBYTE);
  } finally {
    await fleet.close();
    await controller.close();
  }
  const what = `${nodes} nodes, ${mebibytes} MiB each`;
  return [
    {
      what: `${what}: all have it`,
      unit: 's',
      values: figures.seconds,
      yardstick: { what: 'nginx', values: figures.nginx },
    },
    {
      what: `${what}: memory of the controller, more than before`,
      unit: 'MiB',
      values: figures.more,
      atMost: MOST_MEBIBYTES_MORE,
    },
  ];
}

/** Under the default limit, which is what keeps room for everything else. */
async function measureCommands(): Promise<Figure> {
  const [nodes, mebibytes] = [NODES_MEANWHILE, BUNDLE_MEBIBYTES];
  const controller = new BenchController();
  const fleet = new Fleet();
  try {
    const ticket = await prepare(controller, fleet, { nodes, mebibytes });
    const idle = await p99Of(controller, () => delay(IDLE_MS));
    const busy = await p99Of(controller, () => fleet.download(ticket, nodes));
    return {
      what: 'p99 of a command meanwhile, under the limit of 64 MiB/s',
      unit: 'ms',
      values: [busy],
      atMost: Math.round(2 * idle),
      yardstick: { what: 'idle', values: [idle] },
    };
  } finally {
    await fleet.close();
    await controller.close();
  }
}

/** A controller with nodes that are connected, and a release of so many random bytes. Resolves with what nodes fetch it by. */
async function prepare(controller: BenchController, fleet: Fleet, { nodes, mebibytes }: Load): Promise<string> {
  await controller.start();
  const seed = await seedFleet(controller, nodes, { tags: (place) => (place === 0 ? ['probe'] : []) });
  await fleet.join(seed, controller.addresses.nodes);
  await fleet.connect();
  const content = randomFillSync(Buffer.alloc(mebibytes * MEBIBYTE));
  const sha256 = createHash('sha256').update(content).digest('hex');
  counter += 1;
  const said = { kind: 'node', version: `1.0.${counter}`, platform: 'linux-x64', counter, protocols: [1] } as const;
  const comment = writeManifest({ ...said, bytes: content.length, sha256 });
  const signature = signDigest(
    readSecretKey(key.secretText),
    createHash('blake2b512').update(content).digest(),
    comment,
  );
  const { api, masterKey } = controller.addresses;
  const native = new NativeClient(new Connection({ baseUrl: api, headers: { authorization: `Bearer ${masterKey}` } }));
  await native.setReleaseKey(key.publicText);
  const { id } = await native.announceRelease(signature);
  await native.sendRelease(id, new Blob([content]).stream());
  const ticket = `release.${sha256}`;
  writeFileSync(join(directory, 'files', ticket), content);
  return ticket;
}

async function secondsOf(work: () => Promise<number>, mebibytes: number): Promise<number> {
  const start = performance.now();
  const bytes = await work();
  if (bytes !== mebibytes * MEBIBYTE) throw new Error(`${bytes} bytes came`);
  return (performance.now() - start) / 1_000;
}

async function p99Of(controller: BenchController, work: () => Promise<unknown>): Promise<number> {
  for (let warm = 0; warm < 20; warm++) await oneCommand(controller);
  const probe = new LatencyProbe(() => oneCommand(controller), PROBE_EVERY_MS);
  await work();
  return probe.end();
}

/** From the order to the result that its stream tells, on one node that starts no process. */
async function oneCommand(controller: BenchController): Promise<void> {
  const target = { Selector: { tags: [{ Has: 'probe' }] } };
  const events = await controller.open('POST', '/v1/edge/fleet/invoke', {
    target,
    tool: 'cmd.run',
    args: { argv: ['true'] },
  });
  let text = '';
  for await (const part of events.setEncoding('utf8')) text += part;
  if (!text.includes('"ok":1')) throw new Error(`a run did not end well:\n${text.slice(-2_000)}`);
}

/** As small as it is fast: files over TLS, by as many processes as there are processors. */
async function startNginx(): Promise<string> {
  for (const name of ['files', 'logs']) mkdirSync(join(directory, name));
  const names = ['-subj', '/CN=localhost', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...names, '-keyout', 'server.key', '-out', 'server.pem'], {
    cwd: directory,
    stdio: 'pipe',
  });
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  const configuration = `
    user root;
    worker_processes auto;
    pid ${directory}/nginx.pid;
    error_log ${directory}/logs/error.log;
    events { worker_connections 4096; }
    http {
      access_log off; sendfile on; send_timeout 600s; ${temporary.join(' ')}
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${directory}/server.pem; ssl_certificate_key ${directory}/server.key;
        root ${directory}/files;
      }
    }`;
  writeFileSync(join(directory, 'nginx.conf'), configuration);
  nginx = spawn('nginx', ['-c', join(directory, 'nginx.conf'), '-p', directory, '-g', 'daemon off;'], {
    stdio: 'inherit',
  });
  while (!(await takesConnections(port))) await delay(50);
  return `https://127.0.0.1:${port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
