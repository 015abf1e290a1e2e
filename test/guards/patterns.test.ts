import { beforeAll, expect, test } from 'vitest';
import { allPatterns, keyOf, MADE, patternsOfSources, problemOf } from './patterns.ts';
import provenPatterns from './proven-patterns.json' with { type: 'json' };

beforeAll(() => {
  process.env.RECHECK_BACKEND = 'pure'; // plain JavaScript: neither a JVM nor a binary
});

/** Most were proved before and are in a list, because it takes a second for each; the others are proved here. */
test('every regular expression takes linear time', { timeout: 120_000 }, () => {
  const patterns = allPatterns();
  expect(patterns.length).toBeGreaterThan(100);
  const proven = new Set<string>(provenPatterns);
  const unproven = new Map(patterns.filter((one) => !proven.has(keyOf(one))).map((one) => [keyOf(one), one]));
  expect([...unproven.values()].map(problemOf).filter((problem) => problem !== undefined)).toEqual([]);
});

test('what makes patterns out of text is listed, with what they become', () => {
  expect(patternsOfSources().made.toSorted()).toEqual(Object.keys(MADE).toSorted());
});

test('one that takes quadratic time is found', { timeout: 120_000 }, () => {
  const quadratic = { source: '^(ssh-rsa)\\s+([A-Za-z0-9+/]+=*)\\s*(.*)$', flags: '', where: 'here' };
  expect(problemOf(quadratic)).toMatch(/^here: .* polynomial/);
});
