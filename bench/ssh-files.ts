/**
 * How fast do files pass the SSH server of a node, beside OpenSSH's own, and does memory stay flat?
 *
 * A real daemon and OpenSSH's scp, sftp and rsync, near. scp of 256 MiB up and down, by turns through the server of the node and through
 * sshd; then sftp and rsync, and 1 GiB by sftp with `--gigabyte`. Every file is compared by its SHA-256, and the memory of the daemon is
 * looked at all the time.
 *
 *   node bench/ssh-files.ts [--gigabyte] [--save]     GARRISON_BENCH_TOOLS=DIR: where packages of Debian were unpacked
 */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, rmSync, statSync, writeFileSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BenchController } from './support/controller.ts';
import { clientOptions, makeKey, OpenSshServer, openDirectory } from './support/open-ssh.ts';
import { RealNodes } from './support/real-nodes.ts';
import { type Figure, publish } from './support/report.ts';
import { findTool } from './support/tools.ts';
import { residentBytes } from './support/usage.ts';

const run = promisify(execFile);
const MEBIBYTE = 1_048_576;
const SIZE = 256 * MEBIBYTE;
const GIGABYTE = 1_024 * MEBIBYTE;
const RUNS = 1; // a run takes a minute on a quiet machine
const LOOK_EVERY_MS = 100;
const USER = 'bench';

interface Server {
  readonly port: number;
  readonly user: string;
  readonly options: readonly string[];
}

const directory = openDirectory();
const controller = new BenchController();
const nodes = new RealNodes();
const sshd = await OpenSshServer.start();
const rsync = findTool('rsync');
const figures: Figure[] = [];
try {
  await controller.start();
  const [node] = await nodes.start(controller, 1, { SSH_PORT: '0' });
  const ours = await admit(node?.id ?? '');
  const theirs = sshd && { port: sshd.port, user: 'nobody', options: sshd.options };
  const source = await file('source', SIZE);
  const memory = watchMemory(nodes.pids[0] ?? 0);
  const rates = { up: [] as number[], down: [] as number[], theirUp: [] as number[], theirDown: [] as number[] };
  for (let turn = 0; turn < RUNS; turn += 1) {
    rates.up.push(await carried(source, 'ours', (to) => scp(ours, source, remote(ours, to))));
    rates.down.push(await carried(source, 'back', (to) => scp(ours, remote(ours, source), to)));
    if (theirs === undefined) continue;
    rates.theirUp.push(await carried(source, 'theirs', (to) => scp(theirs, source, remote(theirs, to))));
    rates.theirDown.push(await carried(source, 'back', (to) => scp(theirs, remote(theirs, source), to)));
  }
  const beside = (values: number[], atLeastOfYardstick: number) =>
    values.length === 0 ? {} : { atLeastOfYardstick, yardstick: { what: 'sshd', values } };
  figures.push(
    { what: 'scp of 256 MiB from the node', unit: 'MB/s', values: rates.down, ...beside(rates.theirDown, 0.6) },
    { what: 'scp of 256 MiB to the node', unit: 'MB/s', values: rates.up, ...beside(rates.theirUp, 0.25) },
    ...(await bySftp(ours, source, '256 MiB')),
    ...(rsync === undefined ? [] : await byRsync(ours, source)),
  );
  if (process.argv.includes('--gigabyte')) {
    await rm(source);
    figures.push(...(await bySftp(ours, await file('source', GIGABYTE), '1 GiB')));
  }
  figures.push({
    what: 'memory of the daemon, most over what it had before',
    unit: 'MiB',
    values: [memory.stop()],
    atMost: 64,
  });
} finally {
  nodes.stop();
  sshd?.stop();
  await controller.close();
  rmSync(directory, { recursive: true, force: true });
}
await publish({
  name: 'ssh-files',
  question: 'How fast do files pass the SSH server of a node, beside OpenSSH’s own, and does memory stay flat?',
  figures,
  notes: [
    'Client, server and disk are on this machine; each file was compared by its SHA-256 after it had come.',
    'The server of a node is ssh2 in the daemon, in JavaScript but for the ciphers; its SFTP is a process of its own that answers one request after the other.',
    ...(sshd === undefined ? ['Left out, because it is not installed here: sshd.'] : []),
    ...(rsync === undefined ? ['Left out, because it is not installed here: rsync.'] : []),
  ],
});

async function admit(node: string): Promise<Server> {
  const key = join(directory, 'id');
  const publicKey = makeKey(key);
  await controller.call('POST', `/api/v1/nodes/${node}/ssh_usernames`, {
    username: USER,
    public_keys: [{ key_name: 'bench', public_key: publicKey }],
  });
  for (;;) {
    const { data } = await controller.call<{ data: { ssh_port: number | null } }>('GET', `/api/v1/nodes/${node}`);
    const server = { port: data.ssh_port ?? 0, user: USER, options: clientOptions(key) };
    const isOpen =
      server.port > 0 &&
      (await run('ssh', [...server.options, '-p', `${server.port}`, `${USER}@127.0.0.1`, 'true']).then(
        () => true,
        () => false,
      ));
    if (isOpen) return server;
    await delay(200);
  }
}

async function file(name: string, size: number): Promise<string> {
  const path = join(directory, 'files', name);
  writeFileSync(path, '');
  for (let at = 0; at < size; at += 16 * MEBIBYTE) await appendFile(path, randomBytes(16 * MEBIBYTE));
  return path;
}

function remote({ user }: Server, path: string): string {
  return `${user}@127.0.0.1:${path}`;
}

/** MB/s. @throws Error when what came is not what was sent */
async function carried(source: string, name: string, carry: (to: string) => Promise<unknown>): Promise<number> {
  const to = join(directory, 'files', name);
  const startedAt = performance.now();
  await carry(to);
  const seconds = (performance.now() - startedAt) / 1_000;
  if ((await hashOf(to)) !== (await hashOf(source))) throw new Error(`${name} is not what was sent`);
  const rate = statSync(to).size / 1e6 / seconds;
  await rm(to);
  return rate;
}

function scp({ port, options }: Server, from: string, to: string) {
  return run('scp', [...options, '-q', '-P', String(port), from, to]);
}

async function bySftp(server: Server, source: string, size: string): Promise<Figure[]> {
  const batch = (line: string) => {
    const script = join(directory, 'batch');
    writeFileSync(script, `${line}\n`);
    return run('sftp', [...server.options, '-q', '-P', String(server.port), '-b', script, `${server.user}@127.0.0.1`]);
  };
  const up = await carried(source, 'put', (to) => batch(`put ${source} ${to}`));
  const down = await carried(source, 'got', (to) => batch(`get ${source} ${to}`));
  return [
    { what: `sftp get of ${size}`, unit: 'MB/s', values: [down] },
    { what: `sftp put of ${size}`, unit: 'MB/s', values: [up] },
  ];
}

async function byRsync(server: Server, source: string): Promise<Figure[]> {
  const shell = ['ssh', ...server.options, '-p', String(server.port)].join(' ');
  const sync = (from: string, to: string) => run(rsync ?? '', ['-W', `--rsync-path=${rsync}`, '-e', shell, from, to]);
  const up = await carried(source, 'synced', (to) => sync(source, remote(server, to)));
  const down = await carried(source, 'synced-back', (to) => sync(remote(server, source), to));
  return [
    { what: 'rsync of 256 MiB from the node', unit: 'MB/s', values: [down] },
    { what: 'rsync of 256 MiB to the node', unit: 'MB/s', values: [up] },
  ];
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

/** MiB that were added at most. */
function watchMemory(pid: number): { stop(): number } {
  const before = residentBytes(pid);
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, LOOK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(looking);
      return (most - before) / MEBIBYTE;
    },
  };
}
