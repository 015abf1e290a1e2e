import { expect, test } from 'vitest';
import { secretOf } from './exchange-link.ts';
import { flagIn, numberIn, readSearch, textIn, wordIn, writeSearch } from './search.ts';

test('search parameters are read as people write them', () => {
  const raw = readSearch('?on=tags%3Dweb!db-1&sort=seen&line=42&open=1');
  expect(textIn(raw, 'on')).toBe('tags=web!db-1');
  expect(wordIn(raw, 'sort', ['name', 'seen'])).toBe('seen');
  expect(wordIn(raw, 'on', ['name', 'seen'])).toBeUndefined();
  expect(numberIn(raw, 'line')).toBe(42);
  expect(numberIn(raw, 'sort')).toBeUndefined();
  expect(flagIn(raw, 'open')).toBe(true);
});

test('what is not said is not in the address', () => {
  expect(writeSearch({ on: undefined, text: '', open: true, closed: false, line: 0 })).toBe('?open=1&line=0');
  expect(writeSearch({})).toBe('');
});

test('the secret of a link is in the fragment', () => {
  expect(secretOf('#link=grl_abc')).toBe('grl_abc');
  expect(secretOf('')).toBeUndefined();
});
