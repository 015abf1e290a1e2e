import { expect, test } from 'vitest';
import { phrasesOf, selectorOf } from './condition.ts';

test('each condition of a selector is a phrase', () => {
  expect(
    phrasesOf({
      os: 'linux',
      tags: [{ Has: 'web' }, { AnyOf: ['blue', 'green'] }, { NoneOf: ['old'] }],
      labels: [{ Equals: { role: 'db' } }, { In: ['rack', ['1', '2']] }, { Exists: 'gpu' }],
    }),
  ).toEqual([
    'system is linux',
    'tagged web',
    'tagged blue or green',
    'not tagged old',
    'role is db',
    'rack is 1 or 2',
    'has the label gpu',
  ]);
  expect(phrasesOf({})).toEqual([]);
});

test('what was typed becomes a selector, without what was left out', () => {
  expect(
    selectorOf({ os: undefined, all: ['web', 'eu'], any: [], none: ['old'], labels: ['role=db', 'gpu', 'note=a=b'] }),
  ).toEqual({
    tags: [{ Has: 'web' }, { Has: 'eu' }, { NoneOf: ['old'] }],
    labels: [{ Equals: { role: 'db' } }, { Exists: 'gpu' }, { Equals: { note: 'a=b' } }],
  });
  expect(selectorOf({ os: 'linux', all: [], any: [], none: [], labels: [] })).toEqual({ os: 'linux' });
});
