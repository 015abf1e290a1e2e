import { expect, test } from 'vitest';
import { readTarget } from './read-target.ts';
import { type Known, suggest } from './suggest.ts';

const groups = [{ id: 'g-0190a5c0-0000-7000-8000-000000000000', name: 'databases' }];

test.each([
  ['', { All: null }],
  ['web-1', { Hosts: ['web-1'] }],
  ['group:databases', { Group: 'g-0190a5c0-0000-7000-8000-000000000000' }],
  ['os=linux tags=web', { Selector: { os: 'linux', tags: [{ Has: 'web' }] } }],
  ['tags=web!web-1', { Steps: [{ Add: { Selector: { tags: [{ Has: 'web' }] } } }, { Remove: { Hosts: ['web-1'] } }] }],
])('%s is read as the command line reads it', (text, target) => {
  expect(readTarget(text, groups)).toEqual({ kind: 'target', target });
});

test.each([
  ['tags=', 'a tag, such as tags=web', 5],
  ['group:nobody', 'nobody', 0],
  ['@file:hosts.txt', 'file', 0],
])('%s is refused with the reason and the place', (text, words, at) => {
  expect(readTarget(text, groups)).toMatchObject({ kind: 'problem', problem: expect.stringContaining(words), at });
});

const known: Known = {
  tags: ['web', 'web-front', 'db'],
  groups: ['databases', 'the big ones'],
  clusters: ['edge-eu'],
  systems: ['linux', 'darwin'],
  architectures: ['x86_64'],
  labels: ['region=eu'],
  nodes: ['web-1', 'web-2'],
};
const labels = (text: string, cursor = text.length) => suggest(text, cursor, known).map(({ label }) => label);

test('a word is completed from what there is, where the cursor stands', () => {
  expect(labels('ta')).toEqual(['tags=']);
  expect(labels('tags=we')).toEqual(['web', 'web-front']);
  expect(labels('tags=db,w')).toEqual(['web', 'web-front']);
  expect(labels('tags=NoneOf(d')).toEqual(['db']);
  expect(labels('all!web-')).toEqual(['web-1', 'web-2']);
  expect(labels('os=linux labels=re')).toEqual(['region=eu']);
  expect(labels('tags=we !web-1', 7)).toEqual(['web', 'web-front']);
});

test('a completion stands in the text, in quotes where it has to', () => {
  expect(suggest('group:big', 9, known)[0]).toEqual({
    label: 'the big ones',
    text: 'group:"the big ones"',
    cursor: 20,
  });
  expect(suggest('tags=we os=linux', 7, known)[0]).toMatchObject({ text: 'tags=web os=linux', cursor: 8 });
});
