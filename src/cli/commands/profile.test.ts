import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliSession, cliSession } from '#test/support/cli-session.ts';
import { currentProfileFile, profileFileIn, readProfile, writeProfile } from '../profile.ts';
import { rememberController } from './up/remember-controller.ts';

let session: CliSession;
beforeEach(async () => {
  session = await cliSession();
});
afterEach(() => session.close());

const terminal = () => ({ env: {}, homeDir: session.homeDir });
const current = () => currentProfileFile(terminal());

test('what is saved is used later, and its keys are shown by their ends only', async () => {
  await session.run('profile', 'save', '--api', 'http://c:1', '--key', 'api_secret1234');
  await session.run('profile', 'save', '--token', 'token_secret5678', '--org', 'o1');
  expect(await readProfile(current())).toEqual({
    api: 'http://c:1',
    apiKey: 'api_secret1234',
    edgeToken: 'token_secret5678',
    orgId: 'o1',
  });
  const { stdout } = await session.run('profile', 'show');
  expect(stdout).toContain('Edge Admin\t…1234\n');
  expect(stdout).toContain('edge fleet\t…5678\n');
  expect(stdout).not.toContain('secret');
});

test('another address begins a new profile: no key goes to it', async () => {
  await session.run('profile', 'save', '--api', 'http://c:1', '--key', 'api_1');
  await session.run('profile', 'save', '--api', 'http://d:1', '--key', 'arb_1', '--arb');
  expect(await readProfile(current())).toEqual({ api: 'http://d:1', arbKey: 'arb_1' });
});

test('the first profile is for the controller that is spoken to without one', async () => {
  expect((await session.run('profile', 'save', '--key', 'k')).exitCode).toBe(0);
  expect(await readProfile(current())).toEqual({ api: 'http://127.0.0.1:7070', apiKey: 'k' });
  expect((await session.run('profile', 'save', '--name', 'other', '--key', 'k')).stderr).toContain('which controller?');
});

const facts = (dataDir: string) => ({
  api: 'http://127.0.0.1:7070',
  tls: 'https://127.0.0.1:7443',
  nodes: '127.0.0.1:7071',
  masterKey: 'm',
  apiKey: 'a',
  orgId: 'o',
  arbKey: 'arb',
  otpKey: 'otp',
  edgeToken: 'e',
  mcpToken: 'x',
  dataDir,
  pid: 1,
  httpProxy: '127.0.0.1:43128',
  socks5Proxy: '127.0.0.1:41080',
  proxyKey: 'p',
});

test('a controller that a person started becomes the current one', async () => {
  const dataDir = join(session.homeDir, 'data');
  const place = await rememberController(facts(dataDir), { isCurrent: true, terminal: terminal() });
  expect(place).toEqual({ file: current(), isCurrent: true });
  expect(await readFile(profileFileIn(dataDir), 'utf8')).toBe(await readFile(current(), 'utf8'));
  expect(await readProfile(current())).toMatchObject({
    api: 'http://127.0.0.1:7070',
    tls: 'https://127.0.0.1:7443',
    nodes: '127.0.0.1:7071',
    masterKey: 'm',
    edgeToken: 'e',
    mcpToken: 'x',
    dataDir,
  });
});

test('a second controller never overwrites the profile of the first: it gets a name, by which it is used', async () => {
  const [first, second] = [join(session.homeDir, 'data'), join(session.homeDir, 'other', 'data')];
  const remember = (dataDir: string, api: string) =>
    rememberController({ ...facts(dataDir), api }, { isCurrent: true, terminal: terminal() });
  await remember(first, 'http://first:1');
  const place = await remember(second, 'http://second:1');
  expect(place).toMatchObject({ name: 'data', isCurrent: false });
  expect(await readProfile(current())).toMatchObject({ api: 'http://first:1', dataDir: first });

  const third = join(session.homeDir, 'third', 'data');
  expect(await remember(third, 'http://third:1')).toMatchObject({ name: 'data-2' });
  expect(await remember(second, 'http://second:2')).toMatchObject({ name: 'data' });

  expect((await session.run('profile', 'use', 'data')).stdout).toBe('commands go to http://second:2 now\n');
  expect((await session.run('profile', 'show')).stdout).toContain('controller\thttp://second:2\n');
  expect(await remember(second, 'http://second:3')).toMatchObject({ name: 'data', isCurrent: true });
  expect((await session.run('profile', 'list')).stdout).toMatch(
    /^NAME\tUSED\tCONTROLLER\tFILE\ndefault\t\S*\thttp:\/\/first:1\t.*\ndata\tyes\thttp:\/\/second:3\t.*\ndata-2\t\S*\thttp:\/\/third:1\t/,
  );
  expect((await session.run('profile', 'show', '--profile', 'data-2')).stdout).toContain('http://third:1');
  await session.run('profile', 'use', 'default');
  expect((await session.run('profile', 'show')).stdout).toContain('controller\thttp://first:1\n');
});

test('a profile is saved under a name beside the others', async () => {
  await session.run('profile', 'save', '--api', 'http://c:1', '--key', 'api_1');
  const saved = await session.run('profile', 'save', '--name', 'staging', '--api', 'http://s:1', '--key', 'api_2');
  expect(saved).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('garrison profile use staging') });
  expect(await readProfile(current())).toMatchObject({ api: 'http://c:1', apiKey: 'api_1' });
  for (const name of ['default', '../x', 'a b', ''])
    expect((await session.run('profile', 'save', '--name', name, '--api', 'http://s:1')).exitCode).toBe(2);
  const unknown = await session.run('profile', 'use', 'nowhere');
  expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('There are: default, staging.') });
});

test('a controller that a script started leaves the person’s profile alone', async () => {
  const dataDir = join(session.homeDir, 'data');
  expect(await rememberController(facts(dataDir), { isCurrent: false, terminal: terminal() })).toEqual({
    file: profileFileIn(dataDir),
    isCurrent: false,
  });
  expect(await readProfile(current())).toBeUndefined();
});

test('a profile that somebody saved is never overwritten by a local controller', async () => {
  await writeProfile(current(), { api: 'https://far.example', apiKey: 'precious' });
  const place = await rememberController(facts(join(session.homeDir, 'data')), {
    isCurrent: true,
    terminal: terminal(),
  });
  expect(place.isCurrent).toBe(false);
  expect(await readProfile(current())).toEqual({ api: 'https://far.example', apiKey: 'precious' });
});
