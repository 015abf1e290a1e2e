import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJoinSecret } from '#daemon/enrolment/join-secret.ts';
import { DaemonProcess, freePorts, Installation, until } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

const FIRST = '10.77.0.1';
const SECOND = '10.77.0.2';
const SIXTH = '2001:db8::7';
/** Addresses are looked at every minute. */
const FOUND_WITHIN_MS = 90_000;

const networking = 'ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up';
const hasNamespaces = spawnSync('unshare', ['--net', 'sh', '-ec', networking.replaceAll(';', ' &&')]).status === 0;

describe.skipIf(!hasNamespaces)('a controller in a network of its own, whose addresses change while it runs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-network-'));
  const inside = join(directory, 'garrison');
  const keeper = spawn('unshare', ['--net', 'sh', '-c', `${networking}; echo ready; exec sleep infinity`]);
  const run = (...command: readonly string[]) =>
    execFileSync('nsenter', ['--net', '--target', String(keeper.pid), '--', ...command], {
      encoding: 'utf8',
      input: '',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  let site: Installation;
  let node: DaemonProcess;
  let nodePort: number;

  beforeAll(async () => {
    await once(keeper.stdout, 'data');
    run('ip', 'address', 'add', `${FIRST}/24`, 'dev', 'v0');
    writeFileSync(inside, `#!/bin/sh\nexec nsenter --net --target ${keeper.pid} -- ${garrison} "$@"\n`);
    chmodSync(inside, 0o755);
    const ports = await freePorts(3);
    nodePort = ports[2] ?? 0;
    site = await Installation.start({ ports, program: inside, env: { GARRISON_NODE_HOST: '::' } });
    node = new DaemonProcess('inside', join(directory, 'node'), {}, inside);
    node.start({ ENROLLMENT_KEY: issueToken() });
    await until('it has a session', () => node.log.includes('a session is open'));
  });

  afterAll(async () => {
    await node?.stop('SIGKILL');
    await site?.close();
    keeper.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  function issueToken(): string {
    const { api, edgeToken } = site.ready;
    const said = run(inside, '--api', api, '--key', edgeToken, 'edge', 'enroll-token', '--output', 'json');
    return (JSON.parse(said) as { token: string }).token; // as the command prints it
  }

  const endpoints = (...hosts: readonly string[]) => hosts.map((host) => `${host}:${nodePort}`);

  function certificateAt(address: string): string {
    const chain = run('openssl', 's_client', '-connect', `${address}:${nodePort}`, '-alpn', 'h2');
    return execFileSync('openssl', ['x509', '-noout', '-ext', 'subjectAltName'], { input: chain, encoding: 'utf8' });
  }

  const known = () =>
    (JSON.parse(readFileSync(join(directory, 'node', 'identity.json'), 'utf8')) as { endpoints: string[] }).endpoints; // the daemon’s own file

  test('at first there is one address: in the token, in the certificate, and on the node', () => {
    expect(readJoinSecret(issueToken()).endpoints).toEqual(endpoints(FIRST, '127.0.0.1'));
    expect(certificateAt(FIRST)).not.toContain(SECOND);
    expect(known()[0]).toBe(`${FIRST}:${nodePort}`);
  });

  test('addresses that come later, of either family, are in all three within a minute or two, without a restart', async () => {
    run('ip', 'address', 'add', `${SECOND}/24`, 'dev', 'v0');
    run('ip', 'address', 'add', `${SIXTH}/64`, 'dev', 'v0', 'nodad');
    await until('the node knows them', () => known().includes(`[${SIXTH}]:${nodePort}`), FOUND_WITHIN_MS);
    expect(known()).toEqual(expect.arrayContaining(endpoints(SECOND)));
    expect(certificateAt(SECOND)).toMatch(/IP Address:10\.77\.0\.2.*IP Address:2001:DB8:0:0:0:0:0:7/);
    expect(readJoinSecret(issueToken()).endpoints).toEqual(endpoints(FIRST, SECOND, `[${SIXTH}]`, '127.0.0.1'));
  });

  test('when the first address is gone, the node comes back at another one', async () => {
    await node.stop('SIGKILL');
    run('ip', 'address', 'delete', `${FIRST}/24`, 'dev', 'v0');
    run('ip', 'address', 'replace', `${SECOND}/24`, 'dev', 'v0');
    run('ip', 'link', 'set', 'v0', 'up');
    const before = node.log.length;
    node.start();
    await until('it has a session', () => node.log.slice(before).includes('a session is open'));
    expect(node.log.slice(before)).not.toContain(`a session is open endpoint=${FIRST}:`);
  });
});
