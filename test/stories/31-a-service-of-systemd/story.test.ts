import { mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testDatabase } from '#test/support/database.ts';
import { freePorts, Installation, script, until } from '#test/support/installation.ts';
import { NodeReleases } from '#test/support/node-releases.ts';
import { SystemdMachine } from '#test/support/systemd-machine.ts';

const DEPLOYED = new URL('../../../deploy/systemd/garrison-node.service', import.meta.url);
const CONTROLLER = new URL('../../../deploy/systemd/garrison-controller.service', import.meta.url);
const whyNot = SystemdMachine.whyNot();

describe.skipIf(whyNot)(`a node as a service of systemd${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  let site: Installation;
  let machine: SystemdMachine;
  beforeAll(async () => {
    site = await Installation.start();
  });
  afterAll(() => site?.close());
  beforeEach(async () => {
    machine = await SystemdMachine.boot();
  });
  afterEach(() => machine?.close());

  test('is installed and started, returns after a kill as the same node, and is removed', async () => {
    await enrol('served');
    await garrison('node', 'service', 'install');
    await site.untilConnected(['served']);
    expect(await garrison('node', 'service', 'status')).toMatch(/^the service is active/);
    expect(await machine.run('cat', '/etc/systemd/system/garrison-node.service')).toBe(
      readFileSync(DEPLOYED, 'utf8').trim(),
    );
    expect(await machine.run('systemctl', 'is-enabled', 'garrison-node')).toBe('enabled');
    expect(await outcomeOf('test "$(id -u)" = 0 && touch /var/lib/anywhere')).toBe('ok');

    const before = await facts();
    await machine.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', 'garrison-node');
    await until('systemd has started it again', async () => (await facts()).restarts === before.restarts + 1);
    await until('another process is connected', async () => (await connectedSince()) > before.since);
    expect((await facts()).pid).not.toBe(before.pid);
    expect((await facts()).nodeId).toBe(before.nodeId);
    expect(await outcomeOf('true')).toBe('ok');

    await garrison('node', 'service', 'uninstall');
    await until('the host is away', async () => (await connected()).length === 0);
    expect(await machine.run('systemctl', 'show', '--property=LoadState', '--value', 'garrison-node')).toBe(
      'not-found',
    );
    expect(await machine.run('ls', '-R', '/etc/systemd/system')).not.toContain('garrison');
    await expect(garrison('node', 'service', 'status')).rejects.toMatchObject({ code: 5 });
    expect(await machine.run('ls', '/var/lib/garrison-node')).toContain('identity.json');
  });

  test('that is confined runs commands that change nothing but what they may', async () => {
    await enrol('confined');
    await machine.run('mkdir', '/var/lib/theirs', '/var/lib/other');
    await garrison('node', 'service', 'install', '--confined', '--writable', '/var/lib/theirs');
    await site.untilConnected(['confined']);
    expect(await outcomeOf('uptime && touch /var/lib/theirs/file')).toBe('ok');
    expect(await outcomeOf('touch /var/lib/other/file')).toBe('err');
    expect(await machine.run('ls', '/var/lib/theirs', '/var/lib/other')).toMatch(
      /other:\s+\/var\/lib\/theirs:\s+file$/,
    );
  });

  const garrison = (...args: readonly string[]) => machine.run('/opt/garrison/bin/garrison', ...args);

  async function enrol(name: string): Promise<void> {
    const { token } = await site.fleet.issueEnrollmentToken({ name });
    await garrison('node', 'join', token);
  }

  async function outcomeOf(text: string): Promise<string> {
    const events = await site.run({ target: { All: null }, ...script(text) });
    const end = events.at(-1);
    if (end?.event !== 'fleet_result') throw new Error('the run has no result');
    const { ok, err } = end.data.summary;
    expect(ok + err).toBe(1);
    return ok === 1 ? 'ok' : 'err';
  }

  const connected = () => Array.fromAsync(site.fleet.hosts({ connected: true }));
  const connectedSince = async () => (await connected()).map((host) => Date.parse(String(host.since)))[0] ?? 0;

  async function facts() {
    const shown = await machine.run('systemctl', 'show', '--property=MainPID', '--property=NRestarts', 'garrison-node');
    const of = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(shown)?.[1]);
    const [host] = await Array.fromAsync(site.fleet.hosts());
    return { pid: of('MainPID'), restarts: of('NRestarts'), nodeId: host?.node_id, since: await connectedSince() };
  }
});

describe.skipIf(whyNot)(
  `a controller as a service of systemd${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`,
  () => {
    let machine: SystemdMachine;
    beforeAll(async () => {
      machine = await SystemdMachine.boot();
    });
    afterAll(() => machine?.close());

    const write = (name: string, text: string) =>
      machine.run('sh', '-c', 'printf %s "$1" >"/etc/systemd/system/$2"', 'sh', text, name);

    test('with the unit of deploy/ it is ready, as an account without rights, and its command line works', async () => {
      const unit = readFileSync(CONTROLLER, 'utf8')
        .replace('User=garrison', 'User=nobody')
        .replace('Group=garrison', 'Group=nogroup');
      const [api = 0, tls, node] = await freePorts(3);
      const ports = `[Service]\nEnvironment=GARRISON_API_PORT=${api} GARRISON_TLS_PORT=${tls} GARRISON_NODE_PORT=${node}\n`;
      await machine.run('mkdir', '/etc/systemd/system/garrison-controller.service.d');
      await write('garrison-controller.service', unit);
      await write('garrison-controller.service.d/ports.conf', ports);
      await machine.run('systemctl', 'daemon-reload');
      await machine.run('systemctl', 'start', 'garrison-controller');
      await until('the controller is ready', async () => {
        const answer = await fetch(`http://127.0.0.1:${api}/health/ready`).catch(() => undefined);
        if (answer?.status === 200) return true;
        if ((await machine.run('systemctl', 'is-active', 'garrison-controller').catch(() => 'failed')) === 'failed') {
          throw new Error(machine.log);
        }
        return false;
      });
      const shown = await machine.run('/opt/garrison/bin/garrison', 'edge', 'enroll-token');
      expect(shown).not.toBe('');
      expect(await machine.run('stat', '-c', '%U %a', '/var/lib/garrison')).toBe('nobody 700');
      await machine.run('systemctl', 'stop', 'garrison-controller');
      expect(await machine.run('systemctl', 'show', '--property=Result', '--value', 'garrison-controller')).toBe(
        'success',
      );
    });

    test('is brought to a release, and back from one that does not do, by garrison controller update --service', async () => {
      const releases = new NodeReleases('full');
      const database = await testDatabase();
      try {
        await releases.build();
        const { path } = releases.install('machine');
        const [api = 0, tls, node] = await freePorts(3);
        await machine.run('mkdir', '/opt/releases');
        await machine.run('mount', '--bind', path, '/opt/releases');
        const ports = `GARRISON_API_PORT=${api} GARRISON_TLS_PORT=${tls} GARRISON_NODE_PORT=${node}`;
        const environment = `Environment=${ports} "DATABASE_URL=${database.url.replaceAll('%', '%%')}"`;
        const start = 'ExecStart=/opt/releases/current/bin/garrison controller --data-dir /var/lib/updated';
        const unit = `[Service]\nType=exec\n${start}\n${environment}\nRestart=always\nRestartSec=5\n`;
        await write('updated.service', unit);
        await machine.run('systemctl', 'daemon-reload');
        await machine.run('systemctl', 'start', 'updated');
        const isReady = async () => {
          const answer = await fetch(`http://127.0.0.1:${api}/health/ready`).catch(() => undefined);
          return answer?.status === 200;
        };
        await until('the controller is ready', isReady);
        const update = (bundle: string, ...more: string[]) => {
          const program = ['/opt/releases/current/bin/garrison', 'controller', 'update', bundle];
          const which = ['--data-dir', '/var/lib/updated', '--service', 'updated'];
          return machine.run(...program, ...which, '--release-key', `${releases.key}.pub`, ...more);
        };
        const present = async () => {
          const pid = await machine.run('systemctl', 'show', '--property=MainPID', '--value', 'updated');
          return { pid, current: readlinkSync(join(path, 'current')), isReady: await isReady() };
        };
        const before = await present();
        expect(await update(await releases.bundle('9.1.0'))).toBe('the controller runs 9.1.0; it was 0.1.0');
        const after = await present();
        expect(after).toEqual({ pid: expect.any(String), current: '9.1.0-1', isReady: true });
        expect(after.pid).not.toBe(before.pid);
        const change = (root: string) => mkdirSync(join(root, 'migrations'));
        const spoiled = await releases.bundle('9.2.0', { script: 'exit 1', change });
        await expect(update(spoiled, '--within', '2s')).rejects.toThrow(
          /9\.2\.0 (?:could not be started|was not ready).*9\.1\.0 is back/s,
        );
        expect(await present()).toEqual({ pid: expect.any(String), current: '9.1.0-1', isReady: true });
        await machine.run('systemctl', 'stop', 'updated');
      } finally {
        releases.remove();
        await database.close();
      }
    });
  },
);
