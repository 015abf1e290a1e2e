import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { meansOneNode, NodeDirectories, readPlace } from './read-places.ts';

describe('places', () => {
  test.each([
    ['web-1:/etc/motd', { on: 'web-1', path: '/etc/motd' }],
    ['group:web:/srv/a:b', { on: 'group:web', path: '/srv/a:b' }],
    ['tags=web:/etc/', { on: 'tags=web', path: '/etc/' }],
    ['motd', { on: undefined, path: 'motd' }],
    ['./a:/b', { on: undefined, path: './a:/b' }],
    ['/srv/a:/b', { on: undefined, path: '/srv/a:/b' }],
  ])('%s', (text, place) => expect(readPlace(text)).toEqual(place));

  test.each(['web-1:etc/motd', 'web-1:'])('%s is refused: on a node paths are absolute', (text) =>
    expect(() => readPlace(text.replace('etc/motd', 'motd'))).toThrow(/no absolute path/),
  );
});

test.each([
  ['web-1', true],
  ['@web-1', true],
  ['web-*', false],
  ['web-[1-2]', false],
  ['web-1,web-2', false],
  ['group:web', false],
  ['all', false],
])('%s means one node: %s', (target, isOne) => expect(meansOneNode(parseTarget(target))).toBe(isOne));

describe('directories for nodes', () => {
  test('no name leads anywhere else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(new NodeDirectories().for(name, 'n-1')).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,100}$/);
      }),
    );
    for (const name of ['..', '.', '', '/etc', 'a/../../b', '-rf', '\u001b[2J'])
      expect(new NodeDirectories().for(name, 'n-1')).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/);
  });

  test('no two nodes share one, not even where case means nothing', () => {
    const directories = new NodeDirectories();
    const names = ['web', 'WEB', 'a/b', 'a:b', 'web'].map((name, at) => directories.for(name, `n-${at}`));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });
});
