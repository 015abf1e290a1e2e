import { execFile } from 'node:child_process';
import { existsSync, readlinkSync, symlinkSync } from 'node:fs';
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

interface Failure {
  readonly code: string;
  readonly message: string;
}

interface Request {
  readonly id: string;
  readonly status: string;
  readonly failures: readonly Failure[];
}

beforeAll(async () => {
  [site] = await Promise.all([Installation.start(), releases.build()]);
  await cli('releases', 'key', 'set', `${releases.key}.pub`);
  const { program, path } = releases.install('machine');
  home = path;
  const env = { SELF_UPDATE_ENABLED: 'true', GARRISON_UPDATE_PROBATION: '3s' };
  daemon = await site.addNode('machine', {}, program, env);
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

/** Publishes the bundle, asks the node for it, and waits until the request says why it is not there. */
async function failureOf(bundle: string): Promise<Failure> {
  await cli('releases', 'publish', bundle);
  const made = await site.admin<{ data: Request }>('POST', '/api/v1/self_update_requests', {
    targeting: { type: 'all' },
  });
  let failure: Failure | undefined;
  await until('the request says why', async () => {
    const { body } = await site.admin<{ data: Request }>('GET', `/api/v1/self_update_requests/${made.body.data.id}`);
    failure = body.data.failures[0];
    return failure !== undefined;
  });
  return failure as Failure; // set by the last look
}

/** The release that was installed runs, connected, and nothing is on probation. */
async function asBefore(): Promise<void> {
  await until('the node is connected', async () => {
    const { body } = await site.admin<{ data: unknown[] }>('GET', '/api/v1/nodes?status=healthy');
    return body.data.length === 1;
  });
  expect([readlinkSync(join(home, 'current')), existsSync(join(home, 'probation'))]).toEqual(['installed', false]);
}

test('a bundle that holds a link is not even signed', async () => {
  const change = (directory: string) => symlinkSync('/etc/passwd', join(directory, 'link'));
  await expect(releases.bundle('9.2.0', { script: 'exit 1', change })).rejects.toThrow('symlink');
});

test('a release for another platform is offered to nobody here', async () => {
  const failure = await failureOf(await releases.bundle('9.2.1', { script: 'exit 1', platform: ['linux', 'sparc'] }));
  expect(failure.code).toMatch(/no_release|release_refused/);
  await asBefore();
});

test('a release that crashes at its start is left after three starts', async () => {
  const failure = await failureOf(await releases.bundle('9.2.2', { script: 'exit 1' }));
  expect(failure).toMatchObject({ code: 'update_rolled_back' });
  expect(failure.message).toContain('three times');
  const shown = await cli('nodes', 'show', 'machine');
  expect(shown).toMatch(/last update\t9\.2\.2 failed .*update_rolled_back, .*three times/);
  await asBefore();
});

test('a release that starts and never connects is left when its time is over', async () => {
  const failure = await failureOf(await releases.bundle('9.2.3', { script: 'exec sleep 1000' }));
  expect(failure).toMatchObject({ code: 'update_rolled_back' });
  expect(failure.message).toContain('no controller welcomed it within 3 seconds');
  await asBefore();
});
