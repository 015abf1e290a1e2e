import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OwnFileSystems } from './own-file-systems.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-mounts-')));
  for (const name of ['kept', 'far', 'bound', 'far side', 'memory', 'near']) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** As if there were these mounts in the directory; nothing below one that is not ours is there, so nothing can be looked at. */
function own(): OwnFileSystems {
  const lines = [
    '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    `30 27 254:3 / ${root}/kept rw,relatime shared:1 master:2 - xfs /dev/vdb rw`,
    `31 27 0:40 / ${root}/far rw - nfs4 server:/x rw`,
    `32 27 254:0 /some ${root}/bound rw - ext4 /dev/vda rw`,
    `33 27 254:9 / ${root}/far\\040side rw - ext4 /dev/vdz rw`,
    `34 27 0:44 / ${root}/memory rw - tmpfs none rw`,
    '35 27 0:21 / /proc rw - proc proc rw',
  ];
  return new OwnFileSystems([join(root, 'kept', 'state')], () => `${lines.join('\n')}\n`);
}

describe('the file systems the daemon depends on', () => {
  test.each(['/', '/etc', 'near', 'near/nothing', 'kept', 'kept/state/x', 'bound', 'memory/x'])('hold %s', (path) => {
    expect(own().hold(path.startsWith('/') ? path : join(root, path))).toBe(true);
  });

  test.each([
    'far',
    'far/x/y',
    'far side',
    'far side/x',
    'near/../far/x',
    'far/../near',
    '/proc/self/cwd',
    'relative/',
  ])('do not hold %s', (path) => {
    expect(own().hold(path === 'relative/' || path.startsWith('/') ? path : `${root}/${path}`)).toBe(false);
  });

  test.each([
    ['to another', 'FAR/x', false],
    ['relative, to another', '../far', false],
    ['to a link to another', 'second', false],
    ['to itself', 'link', false],
    ['to one of them', 'ROOT/memory', true],
    ['to nothing', 'ROOT/nothing', true],
  ])('follow a link %s', (_what, target, expected) => {
    symlinkSync(`${root}/far`, join(root, 'near', 'second'));
    symlinkSync(target.replace('FAR', `${root}/far`).replace('ROOT', root), join(root, 'near', 'link'));
    expect(own().hold(join(root, 'near', 'link', 'x'))).toBe(expected);
  });

  test('take the parent of a link where the link leads', () => {
    mkdirSync(join(root, 'near', 'deep'));
    symlinkSync(join(root, 'near', 'deep'), join(root, 'kept-link'));
    symlinkSync('/', join(root, 'near', 'far'));
    expect(own().hold(`${root}/kept-link/../far`)).toBe(true);
  });
});
