import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DaemonProcess, Installation } from '#test/support/installation.ts';
import { garrison as program } from '#test/support/program.ts';

const run = promisify(execFile);
const SIZES = [0, 1, 65_535, 65_536, 65_537, 8 * 1024 * 1024];

let site: Installation;
let daemon: DaemonProcess;
let node: string;
let target: Server;
let port: number;
const bodies = new Map(SIZES.map((size) => [size, randomBytes(size)]));
const children: ChildProcess[] = [];
let held = Promise.withResolvers<void>();

beforeAll(async () => {
  site = await Installation.start({ env: { GARRISON_METRICS_INTERVAL: '1s' } });
  daemon = await site.addNode('web-1');
  const [host] = await Array.fromAsync(site.fleet.hosts());
  const { body } = await site.admin<{ data: { cluster_name: string }[] }>('GET', '/api/v1/nodes');
  node = `node-${host?.node_id.slice(2)}.cluster-${body.data[0]?.cluster_name}.nm.internal`;
  target = createServer(async (request, response) => {
    if (request.url === '/hold') {
      response.write('held');
      return held.resolve();
    }
    const size = Number(request.url?.slice(1));
    if (request.method === 'GET') return response.end(bodies.get(size));
    const hash = createHash('sha256');
    for await (const piece of request) hash.update(piece);
    response.end(hash.digest('hex'));
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  ({ port } = target.address() as AddressInfo);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  target?.close();
  await site?.close();
});

const environment = () => ({ ...process.env, GARRISON_PROFILE: `${site.dataDir}/profile.json` });
const hashOf = (bytes: Buffer | undefined) =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
const ways: Readonly<Record<string, () => string[]>> = {
  'the HTTP proxy': () => ['--proxy', `http://${site.ready.httpProxy}`, '--proxy-user', `_:${site.ready.proxyKey}`],
  'the HTTP proxy, with CONNECT': () => ['--proxytunnel', ...(ways['the HTTP proxy']?.() ?? [])],
  'the SOCKS5 proxy': () => ['--socks5-hostname', site.ready.socks5Proxy, '--proxy-user', `_:${site.ready.proxyKey}`],
};

async function curl(...args: string[]): Promise<Buffer> {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--max-time', '60', ...args], {
    encoding: 'buffer',
    maxBuffer: 1 << 26,
  });
  return stdout;
}

test.each(Object.keys(ways))('curl reaches a service of the node through %s, both ways, byte for byte', async (way) => {
  const options = ways[way]?.() ?? [];
  for (const size of SIZES) {
    const url = `http://${node}:${port}/${size}`;
    expect(hashOf(await curl(...options, url)), `${size} bytes down`).toBe(hashOf(bodies.get(size)));
  }
  const upload = spawn('curl', [
    '--silent',
    '--max-time',
    '60',
    ...options,
    '--data-binary',
    '@-',
    `http://${node}:${port}/`,
  ]);
  upload.stdin.end(bodies.get(8 * 1024 * 1024));
  expect((await Array.fromAsync(upload.stdout)).join('')).toBe(hashOf(bodies.get(8 * 1024 * 1024)));
});

test('what is not a node is refused, and the node as an exit keeps its own loopback closed', async () => {
  const proxy = ways['the HTTP proxy']?.() ?? [];
  expect(String(await curl(...proxy, 'http://198.51.100.1/'))).toMatch(/^no_exit: /);
  const through = ['--proxy', `http://${site.ready.httpProxy}`, '--proxy-user', `${node}:${site.ready.proxyKey}`];
  expect(String(await curl(...through, `http://127.0.0.1:${port}/1`))).toMatch(/^localhost_blocked: /);
  expect(String(await curl(...through, 'http://169.254.169.254/latest'))).toMatch(/^metadata_service_blocked: /);
  expect(String(await curl(...proxy, `http://${node}:2375/`))).toMatch(/^docker_port_blocked: /);
});

const garrison = (...args: string[]) => run(program, args, { env: environment() });

test('a token reaches what its rule says, and what is open ends when the rule changes', async () => {
  const made = await garrison('tokens', 'create', '--name', 'web', '--scope', 'garrison.proxy.use', '--output', 'json');
  const { id, api_key: token } = JSON.parse(made.stdout) as { id: string; api_key: string };
  const proxy = ['--proxy', `http://${site.ready.httpProxy}`, '--proxy-user', `_:${token}`];
  const fetched = async () => String(await curl(...proxy, `http://${node}:${port}/1`));
  await garrison('reach-rules', 'set', id, '--on', 'web-*', '--kind', 'port', '--port', `${port}`);
  expect(await fetched()).toHaveLength(1);
  expect(String(await curl(...proxy, `http://${node}:${port - 1}/1`))).toMatch(/^rule_refused: /);
  const child = spawn('curl', ['--silent', '--no-buffer', ...proxy, `http://${node}:${port}/hold`]);
  children.push(child);
  const over = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await held.promise;
  held = Promise.withResolvers();
  await garrison('reach-rules', 'set', id, '--on', 'another');
  expect(await over).not.toBe(0);
  expect(await fetched()).toMatch(/^rule_refused: /);
  await garrison('reach-rules', 'rm', id);
  expect(await fetched()).toHaveLength(1);
});

test('garrison ssh runs a command with its input, output and exit code', async () => {
  const ran = await garrison('ssh', 'web-1', '-n', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7').catch(
    (error) => error,
  );
  expect(ran).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  const child = spawn(program, ['exec', '-i', 'web-1', '--', 'sha256sum'], { env: environment() });
  child.stdin.end(bodies.get(8 * 1024 * 1024));
  expect((await Array.fromAsync(child.stdout)).join('')).toBe(`${hashOf(bodies.get(8 * 1024 * 1024))}  -\n`);
});

test('with -t the command has a terminal of its own', async () => {
  const { stdout } = await garrison('ssh', 'web-1', '-n', '-t', '--', 'tty');
  expect(stdout).toMatch(/^\/dev\/pts\/\d+\r\n$/);
});

test('what passed is counted by the controller and by the node', async () => {
  const wrong = ['--proxy', `http://${site.ready.httpProxy}`, '--proxy-user', '_:wrong'];
  await curl(...wrong, `http://${node}:${port}/1`);
  const passed = 3 * 8 * 1024 * 1024;
  const { tunnels } = await metrics<{ tunnels: readonly { door: string }[] }>('admins/me');
  expect(tunnels.map(({ door }) => door)).toEqual(['proxy', 'tunnel', 'terminal']);
  const more = (than: number) => expect.toSatisfy((count: number) => count > than, `more than ${than}`);
  await expect
    .poll(async () => (await metrics<{ proxy: Figures }>('admins/me')).proxy, WIDE)
    .toMatchObject({
      connections_success_total: more(10),
      connections_failure_total: 6,
      auth_failures_total: 1,
      bytes_up_total: more(passed),
      bytes_down_total: more(passed),
    });
  const [host] = await Array.fromAsync(site.fleet.hosts());
  const ofNode = async () => (await metrics<{ proxy: Figures }>(`nodes/${host?.node_id.slice(2)}`, '/agent')).proxy;
  await expect
    .poll(ofNode, WIDE)
    .toMatchObject({ opened_total: more(10), refused_total: 3, bytes_down_total: more(passed) });
  const headers = { authorization: `Bearer ${site.ready.masterKey}` };
  const text = await (await fetch(`${site.ready.api}/metrics`, { headers })).text();
  expect(text).toMatch(/^garrison_tunnels_open\{door="proxy"\} \d+$/m);
});

type Figures = Readonly<Record<string, number | null>>;
const WIDE = { timeout: 30_000 };

async function metrics<Data>(of: string, part = ''): Promise<Data> {
  return (await site.admin<{ data: Data }>('GET', `/api/v1/${of}/metrics${part}`)).body.data;
}

test('garrison tunnel puts a port of the node on this machine, until the node is away or revoked', async () => {
  const child = spawn(program, ['tunnel', 'web-1', `${port}:0`, '--output', 'json'], { env: environment() });
  children.push(child);
  const first = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
  const local = JSON.parse(String(first)) as { port: number };
  expect(hashOf(await curl(`http://127.0.0.1:${local.port}/65537`))).toBe(hashOf(bodies.get(65_537)));
  await daemon.stop('SIGKILL');
  const refused = new Promise<string>((resolve) =>
    child.stderr.on('data', (text) => String(text).includes('refused') && resolve(String(text))),
  );
  await expect
    .poll(
      () =>
        curl(`http://127.0.0.1:${local.port}/1`).then(
          () => 'answered',
          () => 'refused',
        ),
      { timeout: 20_000 },
    )
    .toBe('refused');
  expect(await refused).toMatch(/a connection was refused/);
  const proxy = ways['the HTTP proxy']?.() ?? [];
  await expect
    .poll(async () => String(await curl(...proxy, `http://${node}:${port}/1`)), { timeout: 20_000 })
    .toMatch(/^node_away: /);
});

test('an open tunnel of a node that is revoked is over within two seconds', async () => {
  daemon.start();
  await site.untilConnected(['web-1']);
  const child = spawn('curl', [
    '--silent',
    '--no-buffer',
    '--proxytunnel',
    ...(ways['the HTTP proxy']?.() ?? []),
    `http://${node}:${port}/hold`,
  ]);
  children.push(child);
  await held.promise;
  const over = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [host] = await Array.fromAsync(site.fleet.hosts());
  await site.fleet.revokeHost(host?.node_id ?? '');
  expect(await over).not.toBe(0);
});
