import { expect, test } from 'vitest';
import { allPatterns, keyOf, MADE, patternsOfSources } from './patterns.ts';
import provenPatterns from './proven-patterns.json' with { type: 'json' };

const proven = new Set<string>(provenPatterns);

test('every regular expression is proved to take linear time', () => {
  const patterns = allPatterns();
  expect(patterns.length).toBeGreaterThan(100);
  const unproven = patterns.filter((pattern) => !proven.has(keyOf(pattern)));
  const hint = 'prove them with: node test/guards/prove-patterns.ts';
  expect([hint, unproven.map((pattern) => `${pattern.where} ${keyOf(pattern)}`)]).toEqual([hint, []]);
});

test('nothing is kept as proved that is not there any more', () => {
  const there = new Set(allPatterns().map(keyOf));
  expect(provenPatterns.filter((key) => !there.has(key))).toEqual([]);
});

test('what makes patterns out of text is listed, with what they become', () => {
  expect(patternsOfSources().made.toSorted()).toEqual(Object.keys(MADE).toSorted());
});
