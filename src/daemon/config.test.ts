import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDaemonConfig } from './config.ts';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'garrison-daemon-config-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

function read(file: string | undefined, flags: Readonly<Record<string, unknown>> = {}, env = {}) {
  if (file !== undefined) writeFileSync(join(stateDir, 'garrison.yaml'), file, { mode: 0o600 });
  return readDaemonConfig({ flags: { stateDir, ...flags }, env });
}

test('without a file, the defaults hold and nothing else is said', async () => {
  const config = await read(undefined, {}, { GARRISON_SOMETHING_OF_OTHERS: 'x' });
  expect(config).toMatchObject({ stateDir, logLevel: 'info' });
  expect(config.labels).toBeUndefined();
});

test('flags come before the environment, and both before the file in the state directory', async () => {
  const file = 'logLevel: warn\nlabels: [region=eu]\nspool: 64MiB\nstopGrace: 2m\n';
  expect(await read(file)).toMatchObject({
    logLevel: 'warn',
    labels: ['region=eu'],
    spoolBytes: 64 << 20,
    stopGraceMs: 120_000,
  });
  const flags = { label: ['region=us', 'note=a,b'], spoolMb: 1.5, stopGrace: 0.1 };
  expect(await read(file, flags, { GARRISON_LOG_LEVEL: 'debug' })).toMatchObject({
    logLevel: 'debug',
    labels: ['region=us', 'note=a,b'],
    spoolBytes: 1.5 * (1 << 20),
    stopGraceMs: 100,
  });
});

test('the join secret is read as a secret', async () => {
  const { enrollmentKey } = await read(undefined, {}, { ENROLLMENT_KEY: ' key ' });
  expect(enrollmentKey?.reveal()).toBe('key');
  expect(String(enrollmentKey)).not.toContain('key ');
});

test.each([
  ['a setting that does not exist', 'lables: [a=b]\n', 'did you mean labels?'],
  ['where the file itself is', 'stateDir: /elsewhere\n', 'stateDir in'],
  ['a value that cannot be used', 'spool: much\n', 'is not usable'],
])('%s in the file is refused', async (_, file, problem) => {
  await expect(read(file)).rejects.toThrow(problem);
});
