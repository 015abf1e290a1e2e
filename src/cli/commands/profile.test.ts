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

test('a first profile needs an address', async () => {
  expect(await session.run('profile', 'save', '--key', 'k')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('which controller?'),
  });
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
  dataDir,
  pid: 1,
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
    dataDir,
  });
  const other = join(session.homeDir, 'other');
  expect(await rememberController(facts(other), { isCurrent: true, terminal: terminal() })).toMatchObject({
    isCurrent: true,
  });
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
