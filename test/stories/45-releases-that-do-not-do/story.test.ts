import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSecretKey } from '#runtime/minisign/secret-key.ts';
import { type DaemonProcess, Installation, until } from '#test/support/installation.ts';
import { NodeReleases } from '#test/support/node-releases.ts';
import { garrison } from '#test/support/program.ts';

const execute = promisify(execFile);
const releases = new NodeReleases();
let site: Installation;
let daemon: DaemonProcess;
let home = '';

const MEBIBYTE = 2 ** 20;
const whyNoDisk = NodeReleases.whyNoDisk();

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
  const { program, path } = releases.install('machine', whyNoDisk === undefined ? MEBIBYTE : undefined);
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
async function failureOf(bundle: string, published = () => {}): Promise<Failure> {
  await cli('releases', 'publish', bundle);
  published();
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

async function lastUpdate(): Promise<unknown> {
  const nodes = await site.admin<{ data: { id: string }[] }>('GET', '/api/v1/nodes');
  const { body } = await site.admin<{ data: { last_update: unknown } }>(
    'GET',
    `/api/v1/nodes/${nodes.body.data[0]?.id}`,
  );
  return body.data.last_update;
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

/** Whose bytes the controller keeps, on its disk. */
function bytesOf(bundle: string): string {
  const sha256 = createHash('sha256').update(readFileSync(bundle)).digest('hex');
  const found = readdirSync(site.dataDir, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith(sha256));
  return join(site.dataDir, found ?? '');
}

describe('the node stays where it is, and the request and the node say why, when the bundle', () => {
  const script = 'exit 1';
  const link = { name: 'r/link', type: 'symlink', linkname: '/etc/passwd' } as const;
  const device = { name: 'r/null', type: 'character-device', devmajor: 1, devminor: 3 } as const;
  const inState = (name: string) => join(daemon.stateDir, name);

  test.each<[string, string, RegExp, () => Promise<Failure>]>([
    [
      'has a name that leads out of it',
      'release_refused',
      /leads elsewhere/,
      async () => failureOf(await releases.spoiled('9.1.1', { name: 'r/../../left' }, 'x')),
    ],
    [
      'holds a link',
      'release_refused',
      /holds a symlink/,
      async () => failureOf(await releases.spoiled('9.1.2', link)),
    ],
    [
      'holds a device',
      'release_refused',
      /holds a character-device/,
      async () => failureOf(await releases.spoiled('9.1.3', device)),
    ],
    [
      'is older than what the node has reached',
      'release_refused',
      /older than the present one/,
      async () => {
        writeFileSync(inState('release-counter'), '1000000\n');
        return failureOf(await releases.bundle('9.1.4', { script })).finally(() => rmSync(inState('release-counter')));
      },
    ],
    [
      'is signed by another key than the node has pinned',
      'release_refused',
      /by another key/,
      async () => {
        const pinned = readFileSync(inState('release-key.pub'));
        writeFileSync(inState('release-key.pub'), generateSecretKey().publicText);
        return failureOf(await releases.bundle('9.1.5', { script })).finally(() =>
          writeFileSync(inState('release-key.pub'), pinned),
        );
      },
    ],
    [
      'comes cut off',
      'update_failed',
      /its SHA-256 differs/,
      async () => {
        const bundle = await releases.bundle('9.1.6', { script });
        return failureOf(bundle, () => truncateSync(bytesOf(bundle), 100));
      },
    ],
  ])('%s', async (_what, code, why, attempt) => {
    expect(await attempt()).toMatchObject({ code, message: expect.stringMatching(why) });
    expect(await lastUpdate()).toMatchObject({ state: 'failed', code, message: expect.stringMatching(why) });
    await asBefore();
  });

  test.skipIf(whyNoDisk)(
    `finds no room on the disk${whyNoDisk === undefined ? '' : ` (skipped: ${whyNoDisk})`}`,
    async () => {
      const change = (root: string) => writeFileSync(join(root, 'large'), randomBytes(4 * MEBIBYTE));
      const failure = await failureOf(await releases.bundle('9.1.7', { script, change }));
      expect(failure).toMatchObject({
        code: 'update_failed',
        message: expect.stringContaining('no room for the release'),
      });
      expect(await cli('nodes', 'show', 'machine')).toMatch(/last update\t9\.1\.7 failed .*update_failed, .*no room/);
      expect(existsSync(join(home, '.incoming'))).toBe(false);
      await asBefore();
    },
  );
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
