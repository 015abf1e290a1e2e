import { expect, test } from 'vitest';
import { wordDiff } from './word-diff.ts';

test('words that differ are told apart, and colours are no difference', () => {
  expect(wordDiff('kernel 6.1.0 up 3 days', '\u001b[32mkernel\u001b[0m 6.2.0 up 3 days')).toEqual([
    { text: 'kernel 6.', kind: 'same' },
    { text: '1', kind: 'removed' },
    { text: '2', kind: 'added' },
    { text: '.0 up 3 days', kind: 'same' },
  ]);
});

test('what is the same has one piece', () => {
  expect(wordDiff('ok\n', 'ok\n')).toEqual([{ text: 'ok\n', kind: 'same' }]);
});
