/**
 * How fast does a file reach many nodes, and how often does it pass the wire from here, beside `clush --copy`?
 *
 * Real daemons on this machine; `garrison cp` of 100 KB to all of them, by turns with `clush --copy` to as many names of one sshd. Then
 * 20 MB through a wire of 10 MB/s between the command line and the controller, whose bytes are counted.
 *
 *   node bench/copy.ts [NODES] [--save]     GARRISON_BENCH_TOOLS=DIR: where packages of Debian were unpacked
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BandwidthLimit } from '../src/runtime/bandwidth-limit.ts';
import { PacedStream } from '../src/runtime/paced-stream.ts';
import { portOf } from './support/bytes.ts';
import { BenchController } from './support/controller.ts';
import { OpenSshServer, openDirectory } from './support/open-ssh.ts';
import { GARRISON, RealNodes } from './support/real-nodes.ts';
import { publish } from './support/report.ts';
import { findTool } from './support/tools.ts';

const run = promisify(execFile);
const COUNT = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 50);
const RUNS = 3;
const SMALL = 100_000;
const LARGE = 20_000_000;
const UPLINK_BYTES_PER_SECOND = 10_000_000;

const directory = openDirectory();
const controller = new BenchController();
const nodes = new RealNodes();
const sshd = await OpenSshServer.start();
const clush = findTool('clush');
const times = { ours: [] as number[], theirs: [] as number[] };
const uplink = { bytes: [] as number[], seconds: [] as number[] };
let wire: { readonly server: Server; taken: number } | undefined;
try {
  await controller.start();
  await nodes.start(controller, COUNT);
  for (let turn = 0; turn < RUNS; turn += 1) {
    const small = file('small', SMALL);
    times.ours.push(await timed(() => copy(controller.addresses.api, small)));
    if (clush !== undefined && sshd !== undefined)
      times.theirs.push(await timed(() => copyByClush(clush, sshd, small)));
  }
  wire = await startUplink(portOf(controller.addresses.api));
  const { port } = wire.server.address() as { port: number }; // a TCP server
  const large = file('large', LARGE);
  uplink.seconds.push(await timed(() => copy(`http://127.0.0.1:${port}`, large)));
  uplink.bytes.push(wire.taken / LARGE);
} finally {
  wire?.server.close();
  nodes.stop();
  sshd?.stop();
  await controller.close();
  rmSync(directory, { recursive: true, force: true });
}
await publish({
  name: 'copy',
  question: 'How fast does a file reach many nodes, and how often does it pass the wire from here, beside clush?',
  figures: [
    {
      what: `100 KB to ${COUNT} nodes, all of the command`,
      unit: 's',
      values: times.ours,
      ...(times.theirs.length > 0 && { yardstick: { what: 'clush --copy', values: times.theirs } }),
    },
    {
      what: `20 MB to ${COUNT} nodes by an uplink of 10 MB/s`,
      unit: 's',
      values: uplink.seconds,
      yardstick: { what: 'the bytes once', values: [LARGE / UPLINK_BYTES_PER_SECOND] },
    },
    { what: 'how often the content passed the uplink', unit: 'times', values: uplink.bytes, atMost: 1.05 },
  ],
  notes: [
    'Every run copies other content. Nodes, controller, database and clients share the machine; the nodes put the file at the same path of one file system.',
    ...(times.theirs.length > 0
      ? [
          'clush opens a connection of ssh for each name, sixty-four at a time, to one sshd; the budget is a tenth of its time.',
        ]
      : ['Left out, because clush or sshd is not installed here: clush --copy.']),
  ],
});

function file(name: string, size: number): string {
  const path = join(directory, name);
  writeFileSync(path, randomBytes(size), { mode: 0o644 });
  return path;
}

function copy(api: string, path: string) {
  const { edgeToken, apiKey } = controller.addresses;
  const env = { ...process.env, GARRISON_API: api, GARRISON_TOKEN: edgeToken, GARRISON_KEY: apiKey };
  return run(GARRISON, ['cp', path, `all:${directory}/files/`, '--quiet'], { env });
}

/** As many names as there are nodes, all of one server. */
function copyByClush(program: string, { port, options }: OpenSshServer, path: string) {
  const config = join(directory, 'ssh_config');
  writeFileSync(config, `Host t*\n  HostName 127.0.0.1\n  Port ${port}\n  User nobody\n`);
  const way = options.filter((_, place) => place > 1).join(' '); // -F is our own
  const env = {
    ...process.env,
    PYTHONPATH: join(process.env.GARRISON_BENCH_TOOLS ?? '', 'usr/lib/python3/dist-packages'),
  };
  const command = [
    '-q',
    '-o',
    `-F ${config} ${way}`,
    '-w',
    `t[1-${COUNT}]`,
    '--copy',
    path,
    '--dest',
    `${directory}/files/by-clush`,
  ];
  return run('python3', [program, ...command], { env });
}

/** A wire to the controller that is as wide as an uplink; what passes towards it is counted. */
async function startUplink(port: number): Promise<{ server: Server; taken: number }> {
  const limit = new BandwidthLimit(UPLINK_BYTES_PER_SECOND, { burstMs: 20 });
  const counted = { server: createServer(), taken: 0 };
  counted.server.on('connection', (client) => {
    const up = new PacedStream(client, (bytes) => limit.reserve(bytes));
    const there = connect(port, '127.0.0.1');
    for (const stream of [up, there]) stream.on('error', () => [up, there].forEach((one) => void one.destroy()));
    up.on('data', (piece: Buffer) => {
      counted.taken += piece.length;
    });
    up.pipe(there).pipe(up);
  });
  await new Promise<void>((resolve) => counted.server.listen(0, '127.0.0.1', resolve));
  return counted;
}

/** Seconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}
