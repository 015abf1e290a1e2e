import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonProcess, Installation, until } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

const run = promisify(execFile);
const hasOpenSsh = spawnSync('ssh', ['-V']).status === 0;
const hasRsync = spawnSync('rsync', ['--version']).status === 0;
const hasSshAudit = spawnSync('ssh-audit', ['--help']).error === undefined;
const PASSWORD = 'correct horse battery';
const SIZES = [0, 1, 65_535, 65_536, 65_537, 8 * 1024 * 1024];

let site: Installation;
let daemon: DaemonProcess;
let nodeId: string;
let userId: string;
let port: number;
let directory: string;
let target: Server;

const environment = () => ({ ...process.env, GARRISON_PROFILE: join(site.dataDir, 'profile.json') });
const byKey = () => ['-o', 'IdentitiesOnly=yes', '-i', join(directory, 'key')];
const common = () => [
  ...['-F', '/dev/null', '-o', `UserKnownHostsFile=${join(directory, 'known_hosts')}`],
  ...['-o', 'StrictHostKeyChecking=accept-new', '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=20'],
];
const keyed = () => [...common(), ...byKey(), '-o', 'BatchMode=yes'];
const byPort = () => [...keyed(), '-p', String(port), 'deploy@127.0.0.1'];
const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(file: string, args: string[], env = environment()): Promise<Ended> {
  const done = await run(file, args, { env, maxBuffer: 1 << 26, timeout: 60_000 }).catch((error) => error);
  return { code: done.code ?? 0, stdout: done.stdout, stderr: done.stderr };
}

describe.skipIf(!hasOpenSsh)('with OpenSSH as the client', () => {
  beforeAll(async () => {
    site = await Installation.start();
    directory = join(site.directory, 'ssh');
    mkdirSync(directory);
    daemon = await site.addNode('web-1');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')]);
    await until('the node record shows the port', async () => {
      const nodes = await site.admin<{ data: { id: string; ssh_port: number }[] }>('GET', '/api/v1/nodes');
      nodeId = nodes.body.data[0]?.id ?? '';
      port = nodes.body.data[0]?.ssh_port ?? 0;
      return port > 0;
    });
    target = createServer((_request, response) => response.end('behind'));
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const made = await site.admin<{ data: { id: string } }>('POST', `/api/v1/nodes/${nodeId}/ssh_usernames`, {
      username: 'deploy',
      password: PASSWORD,
      public_keys: [{ key_name: 'laptop', public_key: readFileSync(join(directory, 'key.pub'), 'utf8').trim() }],
    });
    expect(made.status).toBe(201);
    userId = made.body.data.id;
    await until('the key opens the node', async () => (await ended('ssh', [...byPort(), 'true'])).code === 0);
  });
  afterAll(async () => {
    target?.close();
    await site?.close();
  });

  test('a command has its output, error output and exit code; the text is for the shell of the user', async () => {
    expect(await ended('ssh', [...byPort(), 'echo out; echo err >&2; exit 7'])).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const big = await ended('ssh', [...byPort(), 'head -c 5000000 /dev/zero | tr "\\0" x']);
    expect([big.code, big.stdout.length]).toEqual([0, 5_000_000]);
    expect((await ended('ssh', [...byPort(), '-tt', 'tty'])).stdout).toMatch(/^\/dev\/pts\/\d+\r\n$/);
    expect(
      (await ended('ssh', [...byPort(), '-o', 'SendEnv=GARRISON_PROFILE', 'echo "[$GARRISON_PROFILE]"'])).stdout,
    ).toBe('[]\n');
  });

  test('through a tunnel no port is needed, and a password does as well', async () => {
    const tunnel = ['-o', `ProxyCommand=${garrison} tunnel --stdio web-1`];
    expect((await ended('ssh', [...keyed(), ...tunnel, 'deploy@web-1', 'echo through'])).stdout).toBe('through\n');
    const askpass = join(directory, 'askpass');
    writeFileSync(askpass, `#!/bin/sh\necho '${PASSWORD}'\n`);
    chmodSync(askpass, 0o700);
    const env = { ...environment(), SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
    const args = [...common(), ...tunnel, '-o', 'PubkeyAuthentication=no', 'deploy@web-1', 'echo password'];
    expect((await ended('ssh', args, env)).stdout).toBe('password\n');
  });

  test('ssh-config makes OpenSSH reach the node by its name and believe its key', async () => {
    const printed = (...more: string[]) => run(garrison, ['ssh-config', ...more], { env: environment() });
    const [config, known] = [join(directory, 'config'), join(directory, 'known')];
    const block = (await printed()).stdout.replace('garrison', garrison); // it is not on the PATH here
    writeFileSync(config, `${block}  UserKnownHostsFile ${known}\n  StrictHostKeyChecking yes\n`);
    writeFileSync(known, (await printed('--known-hosts')).stdout);
    const { body } = await site.admin<{ data: { vpn_hostname: string } }>('GET', `/api/v1/nodes/${nodeId}`);
    const args = ['-F', config, ...byKey(), '-o', 'BatchMode=yes', `deploy@${body.data.vpn_hostname}`, 'echo known'];
    expect(await ended('ssh', args)).toMatchObject({ code: 0, stdout: 'known\n' });
    writeFileSync(known, `${body.data.vpn_hostname} ssh-ed25519 ${'A'.repeat(68)}\n`);
    expect((await ended('ssh', args)).code).toBe(255);
  });

  test('who is not there gets nothing, by name or by key', async () => {
    const stranger = [...keyed(), '-p', String(port)];
    expect((await ended('ssh', [...stranger, 'deployed@127.0.0.1', 'true'])).code).toBe(255);
    expect((await ended('ssh', [...stranger, 'DEPLOY@127.0.0.1', 'true'])).code).toBe(255);
  });

  test('scp and sftp carry files of every size both ways, byte for byte', async () => {
    const at = ['-P', String(port)];
    for (const size of SIZES) {
      const [from, there, back] = ['from', 'there', 'back'].map((name) => join(directory, `${name}-${size}`));
      writeFileSync(String(from), randomBytes(size));
      const up = await ended('scp', [...keyed(), ...at, String(from), `deploy@127.0.0.1:${there}`]);
      expect([up.code, up.stderr]).toEqual([0, '']);
      const down = await ended('scp', [...keyed(), ...at, `deploy@127.0.0.1:${there}`, String(back)]);
      expect([down.code, down.stderr]).toEqual([0, '']);
      expect(hashOf(String(back)), `${size} bytes`).toBe(hashOf(String(from)));
    }
    const batch = join(directory, 'batch');
    writeFileSync(
      batch,
      [
        `cd ${directory}`,
        `lcd ${directory}`,
        'mkdir made',
        `put from-65537 made/one`,
        'chmod 600 made/one',
        'rename made/one made/two',
        'ls -l made',
        'ln -s two made/link',
        '',
      ].join('\n'),
    );
    const listed = await ended('sftp', [...keyed(), ...at, '-b', batch, 'deploy@127.0.0.1']);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    expect(listed.stdout).toMatch(/-rw-------.* 65537 .*two/);
    expect(statSync(join(directory, 'made', 'link')).mode & 0o777).toBe(0o600);
    expect((await ended('scp', [...keyed(), ...at, 'deploy@127.0.0.1:/nowhere', directory])).code).not.toBe(0);
    if (!hasRsync) return;
    const shell = ['ssh', ...keyed(), '-p', String(port)].join(' ');
    const synced = await ended('rsync', [
      '-a',
      '-e',
      shell,
      `${directory}/made/`,
      `deploy@127.0.0.1:${directory}/synced/`,
    ]);
    expect([synced.code, hashOf(join(directory, 'synced', 'two'))]).toEqual([
      0,
      hashOf(join(directory, 'made', 'two')),
    ]);
  });

  test('-L leads to a port of the node', async () => {
    const stdio = spawn('ssh', [
      ...keyed(),
      '-p',
      String(port),
      '-W',
      `localhost:${(target.address() as AddressInfo).port}`,
      'deploy@127.0.0.1',
    ]);
    stdio.stdin.write('GET / HTTP/1.1\r\nhost: there\r\nconnection: close\r\n\r\n');
    expect((await Array.fromAsync(stdio.stdout)).join('')).toMatch(/behind/);
  });

  test.skipIf(!hasSshAudit)('ssh-audit finds no algorithm that is broken', async () => {
    const { stdout } = await ended('ssh-audit', ['--no-colors', `--port=${port}`, '127.0.0.1']);
    expect(stdout).toMatch(/\(kex\) curve25519-sha256 /);
    expect(stdout.split('\n').filter((line) => line.includes('[fail]'))).toEqual([]);
  });

  test('attempts are counted, and are entries of the audit log', async () => {
    await until('they are told', async () => {
      const { body } = await site.admin<{
        data: { ssh: { verifications_total: number; verifications_failed: number } };
      }>('GET', '/api/v1/admins/me/metrics');
      const { ssh } = body.data;
      return ssh.verifications_total > 5 && ssh.verifications_failed >= 2;
    });
    const audit = JSON.parse((await ended(garrison, ['audit', 'list', '--limit', '100', '--output', 'json'])).stdout);
    expect(JSON.stringify(audit)).toContain('ssh.sign_in');
    expect(JSON.stringify(audit)).not.toContain(PASSWORD);
  });

  test('while the controller is killed people get in, and after the daemon started anew', async () => {
    await site.stopController('SIGKILL');
    expect((await ended('ssh', [...byPort(), 'echo alone'])).stdout).toBe('alone\n');
    for (const file of ['ssh-users', 'ssh-host-key'])
      expect(statSync(join(daemon.stateDir, file)).mode & 0o777, file).toBe(0o600);
    await site.startController();
    await site.untilConnected(['web-1']);
  });

  test('a credential that is deleted opens nothing more, and ends what is open under it', async () => {
    const open = spawn('ssh', [...byPort(), 'echo ready; sleep 600']);
    await new Promise((resolve) => open.stdout.once('data', resolve));
    const over = new Promise((resolve) => open.once('exit', resolve));
    expect((await site.admin('DELETE', `/api/v1/ssh_usernames/${userId}`)).status).toBe(204);
    await over;
    expect((await ended('ssh', [...byPort(), 'true'])).code).toBe(255);
  });
});
