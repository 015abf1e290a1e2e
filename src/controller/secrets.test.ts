import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecrets } from './secrets.ts';

let parent: string;
let dataDir: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'garrison-secrets-'));
  dataDir = join(parent, 'data');
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

const load = (env: Record<string, string> = {}) => loadSecrets({ dataDir, env });
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('the first start makes everything, private to the user; the second finds the same', () => {
  const first = load();
  expect([...first.created].sort()).toEqual([
    'api.key',
    'controller.id',
    'master.key',
    'metrics.key',
    'proxy.key',
    'secret.key',
  ]);
  expect(mode(dataDir)).toBe('700');
  expect(readdirSync(dataDir).sort()).toEqual([...first.created].sort());
  for (const file of first.created) expect(mode(join(dataDir, file)), file).toBe('600');

  const second = load();
  expect(second.created).toEqual([]);
  expect(second.controllerId).toBe(first.controllerId);
  for (const name of ['secretKey', 'masterKey', 'apiKey', 'metricsKey', 'proxyKey'] as const) {
    expect(second[name].reveal()).toBe(first[name].reveal());
  }
  expect(second.sealer.open(first.sealer.seal('x', 'a'), 'a').toString()).toBe('x');
});

test('the environment takes the place of the files', () => {
  const key = 'ab'.repeat(32);
  const secrets = load({ GARRISON_SECRET_KEY: key, MASTER_KEY: 'm', API_KEY: 'a', METRICS_KEY: 'n', PROXY_KEY: 'p' });
  expect(secrets.secretKey.reveal()).toBe(key);
  expect([secrets.masterKey, secrets.apiKey, secrets.metricsKey].map((secret) => secret.reveal())).toEqual([
    'm',
    'a',
    'n',
  ]);
  expect(readdirSync(dataDir)).toEqual(['controller.id']);
});

test('a secret key in base64 is the same key as in hex', () => {
  const bytes = Buffer.alloc(32, 7);
  expect(load({ GARRISON_SECRET_KEY: bytes.toString('base64') }).secretKey.reveal()).toBe(bytes.toString('hex'));
});

test('a secret key of another length is refused, saying how to make one', () => {
  expect(() => load({ GARRISON_SECRET_KEY: 'short' })).toThrow(/openssl rand -hex 32/);
});

test('a file others can read is refused, saying how to mend it', () => {
  load();
  for (const wide of [0o644, 0o640, 0o604]) {
    chmodSync(join(dataDir, 'master.key'), wide);
    expect(() => load()).toThrow(`chmod 600 ${join(dataDir, 'master.key')}`);
  }
  chmodSync(join(dataDir, 'master.key'), 0o600);
  expect(() => load()).not.toThrow();
});

test('a data directory others can enter is refused, saying how to mend it', () => {
  load();
  chmodSync(dataDir, 0o750);
  expect(() => load()).toThrow(`chmod 700 ${dataDir}`);
});

test.skipIf(process.getuid?.() !== 0)('a file of another user is refused', async () => {
  load();
  const { chownSync } = await import('node:fs');
  chownSync(join(dataDir, 'secret.key'), 12345, 12345);
  expect(() => load()).toThrow(`chown 0 ${join(dataDir, 'secret.key')}`);
});

test('an empty file is refused and not replaced: what it sealed would be lost', () => {
  load();
  writeFileSync(join(dataDir, 'secret.key'), '');
  expect(() => load()).toThrow(/secret.key is empty/);
  expect(readFileSync(join(dataDir, 'secret.key'), 'utf8')).toBe('');
});

test('nothing of it shows in a log', () => {
  const secrets = load();
  const shown = inspect(secrets, { depth: 9 }) + JSON.stringify(secrets);
  for (const name of ['secretKey', 'masterKey', 'apiKey', 'metricsKey', 'proxyKey'] as const) {
    expect(shown).not.toContain(secrets[name].reveal());
  }
});
