import { expect, test } from 'vitest';
import { wordsOf } from '#surfaces/http/pattern-words.ts';
import { OPERATIONS } from './all-surfaces.ts';

/** Every pattern in the schema, however deep. */
function patternsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) =>
    keyword === 'pattern' && typeof value === 'string' ? [value] : patternsIn(value),
  );
}

test('every pattern of a request has words, so that no refusal shows a regular expression', () => {
  const patterns = OPERATIONS.flatMap(({ operation: { params, query, body } }) => patternsIn([params, query, body]));
  expect(patterns.length).toBeGreaterThan(5);
  expect([...new Set(patterns)].filter((one) => wordsOf(one) === undefined)).toEqual([]);
});
