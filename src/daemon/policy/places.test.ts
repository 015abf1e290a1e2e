import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ownPackage } from '#runtime/own-package.ts';
import { placesOf, refusalOfPlace } from './places.ts';
import type { Policy } from './policy.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** /usr/bin with a `tool` that is a link into /opt/tool, a /bin that is a link, and what the daemon keeps. */
function setup(policy: Policy = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-places-')));
  directories.push(root);
  for (const directory of ['usr/bin', 'opt/tool', 'srv', 'state'])
    mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, 'opt/tool/run'), '#!/bin/sh\n');
  chmodSync(join(root, 'opt/tool/run'), 0o755);
  symlinkSync(join(root, 'opt/tool/run'), join(root, 'usr/bin/tool'));
  symlinkSync('usr/bin', join(root, 'bin'));
  symlinkSync('state', join(root, 'kept'));
  const places = placesOf(policy, { own: [join(root, 'kept'), join(root, 'policy.yaml')], path: join(root, 'bin') });
  return { root, isOpen: (path: string) => refusalOfPlace(places, path.replace(/^~/, root)) === undefined };
}

describe('where file tools may go', () => {
  test.each<[string, Policy]>([
    ['no policy', {}],
    ['everything named', { allowedRoots: ['/'], allow: ['*'] }],
  ])('with %s is not the kernel’s trees nor what the daemon keeps', (_what, policy) => {
    const { isOpen } = setup(policy);
    for (const path of [
      '/proc',
      '/proc/1/mem',
      '/sys/kernel',
      '/dev/mem',
      '/dev/shm/x',
      '~/state/key',
      '~/kept/key',
      '~/policy.yaml',
    ])
      expect(isOpen(path), path).toBe(false);
    for (const path of ['/', '~/srv/x', '~/stateful', '/processes', '~/usr/bin/tool'])
      expect(isOpen(path), path).toBe(true);
  });

  test('is not what holds an allowed program, nor where one is looked for', () => {
    const { isOpen } = setup({ allowedRoots: ['/'], allowedCommands: ['tool'] });
    for (const path of ['~/usr/bin/tool', '~/usr/bin/other', '~/bin/tool', '~/opt/tool/run', '~/opt/tool/lib.so'])
      expect(isOpen(path), path).toBe(false);
    expect(isOpen('~/srv/x')).toBe(true);
  });

  test('is not the program of the daemon, once a policy is written', () => {
    const { isOpen } = setup({ allowedRoots: ['/'] });
    expect(isOpen(join(ownPackage.root, 'bin', 'garrison'))).toBe(false);
    expect(isOpen(process.execPath)).toBe(false);
  });

  test('is within the roots that are named', () => {
    const { isOpen } = setup({ allowedRoots: ['/srv/app'] });
    for (const path of ['/srv', '/srv/app2', '/etc/passwd']) expect(isOpen(path), path).toBe(false);
    for (const path of ['/srv/app', '/srv/app/x']) expect(isOpen(path), path).toBe(true);
    expect(setup({ allowedRoots: [] }).isOpen('/srv/x')).toBe(false);
  });
});
