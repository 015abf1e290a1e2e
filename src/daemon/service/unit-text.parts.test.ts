import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runArguments, type UnitOptions, unitText } from './unit-text.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const PLAIN: UnitOptions = { arguments: runArguments({}), isConfined: false, writable: [] };

describe('the unit', () => {
  test('is the one in deploy/systemd', () => {
    const deployed = readFileSync(new URL('../../../deploy/systemd/garrison-node.service', import.meta.url), 'utf8');
    expect(unitText({ ...PLAIN, program: '/opt/garrison/bin/garrison' })).toBe(deployed);
  });

  test('starts the launcher of this package with the options that were given', () => {
    const args = runArguments({ name: 'web 1', label: ['a=b', 'price=5$ 10%'], concurrency: 4, policy: '/etc/p.yaml' });
    const exec = /^ExecStart=(.*)$/m.exec(unitText({ ...PLAIN, arguments: args }))?.[1] ?? '';
    expect(existsSync(exec.split(' ')[0] ?? '')).toBe(true);
    expect(exec).toMatch(
      /node run --state-dir \/var\/lib\/garrison-node --name "web 1" --label a=b --label "price=5\$\$ 10%%" --policy \/etc\/p\.yaml --concurrency 4$/,
    );
  });

  test('keeps the sandbox off commands unless it is to be confined', () => {
    expect(unitText(PLAIN)).not.toMatch(/NoNewPrivileges|ProtectSystem|PrivateTmp|CapabilityBoundingSet/);
    const confined = unitText({ ...PLAIN, isConfined: true, user: 'garrison', writable: ['/srv/out put'] });
    expect(confined).toMatch(/^NoNewPrivileges=yes$/m);
    expect(confined).toMatch(/^User=garrison$/m);
    expect(confined).toMatch(/^ReadWritePaths=-\/var\/lib\/garrison-node "-\/srv\/out put"$/m);
  });

  test.runIf(existsSync('/usr/bin/systemd-analyze'))('is one that systemd finds nothing wrong with', () => {
    const directory = mkdtempSync(join(tmpdir(), 'garrison-unit-'));
    directories.push(directory);
    const program = join(directory, 'garrison');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    for (const options of [PLAIN, { ...PLAIN, isConfined: true, writable: ['/srv'] }]) {
      const file = join(directory, 'garrison-node.service');
      writeFileSync(file, unitText({ ...options, program }));
      const verify = `systemd-analyze verify --man=no --recursive-errors=no '${file}' 2>&1`;
      expect(execFileSync('sh', ['-c', verify], { encoding: 'utf8' })).toBe('');
    }
  });
});
