import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Outpost } from '#client/org-outposts/org-outposts-client.ts';
import { cliSession } from '#test/support/cli-session.ts';
import { fakeController, type Routes } from '#test/support/fake-controller.ts';
import { changesOf } from './watch.ts';

const ID = '00000000-0000-7000-8000-00000000000b';
const OUTPOST: Outpost = {
  id: ID,
  org_id: 'org-1',
  outpost_name: 'eu-1',
  region: 'eu',
  deployment_env: null,
  status: 'active',
  cert_issued_at: '2026-01-01T00:00:00Z',
  cert_expires_at: '2026-04-01T00:00:00Z',
  created_at: '2026-01-01T00:00:00Z',
  deregistered_at: null,
  last_seen: null,
  outpost_version: null,
  policy_version: null,
  dlp_model_version: null,
  pending_audit_events: null,
  tier3_active: null,
};
const bundle = (mark: string) => ({
  outpost: OUTPOST,
  client_cert: `cert ${mark}\n`,
  client_key: `key ${mark}\n`,
  ca_bundle: `ca ${mark}\n`,
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function setup(routes: Routes = {}) {
  const server = await fakeController({
    'POST /v1/orgs/org-1/outposts': { status: 201, json: bundle('1') },
    [`POST /v1/orgs/org-1/outposts/${ID}/renew`]: { json: bundle('2') },
    'GET /v1/orgs/org-1/outposts': { json: [OUTPOST] },
    ...routes,
  });
  const session = await cliSession({ env: { GARRISON_API: server.url, GARRISON_KEY: 'arb_1', GARRISON_ORG: 'org-1' } });
  open.push(server, session);
  const dir = join(session.homeDir, 'eu-1');
  const register = (...more: string[]) =>
    session.run('outposts', 'register', 'eu-1', '--region', 'eu', '--out', dir, ...more);
  return { server, session, dir, register };
}

async function contents(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), 'utf8')])),
  );
}

test('registering writes the bundle, for its owner only', async () => {
  const { server, dir, register } = await setup();
  const { exitCode, stdout } = await register('--env', 'vpc-1', '--nodes', 'h:7071', '--tls', 'https://h:7443');
  expect([exitCode, stdout]).toEqual([0, `registered eu-1 (${ID})\n`]);
  expect(server.requests[0]?.body).toEqual({ outpost_name: 'eu-1', region: 'eu', deployment_env: 'vpc-1' });
  const { 'outpost.json': record = '', ...files } = await contents(dir);
  expect(files).toEqual({ 'ca.pem': 'ca 1\n', 'outpost.key': 'key 1\n', 'outpost.pem': 'cert 1\n' });
  expect(JSON.parse(record)).toMatchObject({
    api: server.url,
    tls: 'https://h:7443',
    nodes: 'h:7071',
    org_id: 'org-1',
    outpost_id: ID,
    outpost_name: 'eu-1',
  });
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
});

test('the key is in no answer that is printed', async () => {
  const { register } = await setup();
  const { stdout, stderr } = await register('--output', 'json');
  expect(stdout + stderr).not.toContain('key 1');
  expect(JSON.parse(stdout)).toMatchObject({ id: ID });
});

test('renewing replaces the bundle', async () => {
  const { session, dir, register } = await setup();
  await register();
  expect((await session.run('outposts', 'renew', 'eu-1', '--out', dir)).exitCode).toBe(0);
  expect(await contents(dir)).toMatchObject({ 'outpost.key': 'key 2\n', 'outpost.pem': 'cert 2\n' });
});

test('a directory that holds a bundle is not overwritten unasked, and nothing is registered', async () => {
  const { server, register, dir } = await setup();
  await register();
  const { exitCode, stderr } = await register();
  expect([exitCode, server.requests.length]).toEqual([4, 1]);
  expect(stderr).toContain(`${dir} holds a bundle already`);
  expect((await register('--force')).exitCode).toBe(0);
});

test('with nowhere to put the key nothing is registered', async () => {
  const { server, session, dir } = await setup();
  await writeFile(dir, 'a file');
  const { exitCode, stderr } = await session.run('outposts', 'register', 'x', '--region', 'eu', '--out', dir);
  expect([exitCode, server.requests.length]).toEqual([1, 0]);
  expect(stderr).toContain('cannot write into');
});

test('a directory that others can read is refused', async () => {
  const { server, dir, register } = await setup();
  await mkdir(dir);
  await chmod(dir, 0o755);
  const { exitCode, stderr } = await register();
  expect([exitCode, server.requests.length]).toEqual([1, 0]);
  expect(stderr).toContain(`chmod 700 ${dir}`);
});

test('watching tells what there is and then every change, and waits for a controller that is away', async () => {
  const answers: unknown[] = [
    { json: [OUTPOST] },
    { status: 503, json: {} },
    { json: [{ ...OUTPOST, status: 'inactive' }] },
  ];
  let look = 0;
  const { session } = await setup({
    'GET /v1/orgs/org-1/outposts': {
      by: () => {
        look += 1;
        if (look === answers.length) setImmediate(() => session.interrupt());
        return answers[Math.min(look, answers.length) - 1] as { json: unknown };
      },
    },
  });
  const { exitCode, stdout, stderr } = await session.run('outposts', 'watch', '--every', '1ms');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/eu-1 active: in eu, never seen.*\n.*eu-1 inactive: was active\n/);
  expect(stderr).toContain('does not answer');
});

test('changes are told in words; a heartbeat on time is none', () => {
  const seen = { ...OUTPOST, last_seen: '2026-01-01T00:02:00Z', outpost_version: '1.2' };
  const words = (before: Outpost, now: Outpost) => changesOf([before], [now]).map((one) => one.change);
  expect(words(OUTPOST, OUTPOST)).toEqual([]);
  expect(words(OUTPOST, seen)).toEqual(['first heartbeat', 'version 1.2']);
  expect(words(seen, { ...seen, last_seen: '2026-01-01T00:04:00Z' })).toEqual([]);
  expect(words(seen, { ...seen, status: 'deregistered', cert_expires_at: '2026-05-01T00:00:00Z' })).toEqual([
    'was active',
    'new certificate, until 2026-05-01T00:00:00Z',
  ]);
});
