import { expect, test } from 'vitest';
import { whyAway } from './why-away.ts';

test.each([
  [
    'a code that is a number',
    Object.assign(new Error('Connection refused: Not authorized'), { code: 5 }),
    /Not authorized/,
  ],
  ['errors that are no list', Object.assign(new Error('odd'), { errors: 'none' }), /^odd$/],
  ['no error at all', 'gone', /^gone$/],
  [
    'a cause below',
    new Error('failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) }),
    /failed: connect/,
  ],
])('%s has its words', (_, error, words) => {
  expect(whyAway(error)).toMatch(words);
});
