import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DaemonProcess, Installation, until } from '#test/support/installation.ts';
import { NodeReleases } from '#test/support/node-releases.ts';
import { garrison } from '#test/support/program.ts';

const execute = promisify(execFile);
const releases = new NodeReleases();
let site: Installation;
let daemon: DaemonProcess;
let home = '';

interface Request {
  readonly id: string;
  readonly status: string;
  readonly summary: { readonly total: number; readonly triggered: number; readonly failed: number } | null;
  readonly failures: readonly { readonly code: string; readonly message: string }[];
}

beforeAll(async () => {
  [site] = await Promise.all([Installation.start(), releases.build()]);
  await cli('releases', 'key', 'set', `${releases.key}.pub`);
  const { program, path } = releases.install('machine');
  home = path;
  daemon = await site.addNode('machine', {}, program, { SELF_UPDATE_ENABLED: 'true' });
});
afterAll(async () => {
  await daemon?.stop();
  await site?.close();
  releases.remove();
});

async function cli(...args: string[]): Promise<string> {
  const { api, masterKey } = site.ready;
  const env = { ...process.env, GARRISON_API: api, GARRISON_KEY: masterKey, XDG_CONFIG_HOME: site.directory };
  return (await execute(garrison, args, { env })).stdout;
}

async function request(...how: string[]): Promise<Request> {
  return JSON.parse(await cli('updates', 'create', '--on', 'all', ...how, '--output', 'json')) as Request;
}

async function settled(id: string): Promise<Request> {
  let found: Request | undefined;
  await until('the request is completed', async () => {
    found = (await site.admin<{ data: Request }>('GET', `/api/v1/self_update_requests/${id}`)).body.data;
    return found.status === 'completed';
  });
  return found as Request; // set by the last look
}

async function version(): Promise<string> {
  const { body } = await site.admin<{ data: { version: string }[] }>('GET', '/api/v1/nodes?status=healthy');
  return body.data[0]?.version ?? '';
}

test('with no release published the request is answered, and every node says why it stays', async () => {
  const done = await settled((await request()).id);
  expect(done.summary).toEqual({ total: 1, triggered: 0, failed: 1 });
  expect(done.failures).toMatchObject([{ code: 'no_release' }]);
});

test('a bundle without a signature, or with another’s, is taken by no controller', async () => {
  const file = await releases.bundle('9.0.0', { script: 'exit 0' });
  if (spawnSync('minisign', ['-v']).error === undefined) {
    const said = await execute('minisign', ['-V', '-p', `${releases.key}.pub`, '-m', file]);
    expect(said.stdout).toContain('version=9.0.0');
  }
  await expect(cli('releases', 'publish', `${file}.other`)).rejects.toThrow('signature');
  await releases.makeKey(join(releases.directory, 'stranger.key'));
  const foreign = await releases.bundle('9.0.1', { script: 'exit 0', key: join(releases.directory, 'stranger.key') });
  await expect(cli('releases', 'publish', foreign)).rejects.toThrow('by another key');
  expect(JSON.parse(await cli('releases', 'list', '--output', 'json'))).toEqual([]);
});

test('a node that is asked to goes to the release, under the same identity, and the one before stays on its disk', async () => {
  const before = await version();
  await cli('releases', 'publish', await releases.bundle('9.1.0'));
  const { id } = await request('--to', '9.1.0', '--batch', '5', '--canary', '1', '--health-gate', '--wait');
  const done = await settled(id);
  expect(done.summary).toEqual({ total: 1, triggered: 1, failed: 0 });
  await until('the node says its new version', async () => (await version()) === '9.1.0');
  await until('the release is good', () => !existsSync(join(home, 'probation')));
  expect(readlinkSync(join(home, 'current'))).toMatch(/^9\.1\.0-/);
  expect(readdirSync(home).filter((name) => name.startsWith('9.') || name === 'installed')).toHaveLength(2);
  expect(before).not.toBe('9.1.0');
  await until(
    'the execution has ended well',
    async () => (await site.admin('DELETE', `/api/v1/self_update_requests/${id}`)).status === 204,
  );
  const again = await settled((await request()).id);
  expect(again.summary).toEqual({ total: 1, triggered: 1, failed: 0 });
  expect(readFileSync(join(daemon.stateDir, 'release-counter'), 'utf8').trim()).toMatch(/^\d+$/);
});
