import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-ssh-config-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const hasOpenSsh = spawnSync('ssh', ['-V']).status === 0;
const GARRISON = new URL('../../../../bin/garrison', import.meta.url).pathname;

function print(...args: string[]) {
  return spawnSync(GARRISON, ['ssh-config', ...args], { encoding: 'utf8' });
}

test.skipIf(!hasOpenSsh)('OpenSSH reads the block: nodes go through the tunnel, other hosts do not', () => {
  const file = join(directory, 'config');
  writeFileSync(file, print('--user', 'deploy', '--profile', 'work').stdout, { mode: 0o600 });
  const settingsOf = (host: string) =>
    spawnSync('ssh', ['-F', file, '-G', host], { encoding: 'utf8' }).stdout.split('\n');
  const settings = settingsOf('node-web.cluster-main.nm.internal');
  expect(settings).toContain('proxycommand garrison --profile work tunnel --stdio %h');
  expect(settings).toContain('user deploy');
  expect(settingsOf('example.com').filter((line) => line.startsWith('proxycommand'))).toEqual([]);
});

test.each(['a b', '$(id)', '%h', 'a\nHost *', '-x', ''])('%j is refused', (user) => {
  const { status, stdout } = print(`--user=${user}`);
  expect([status, stdout]).toEqual([2, '']);
});
