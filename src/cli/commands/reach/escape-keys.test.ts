import { expect, test } from 'vitest';
import { EscapeKeys } from './escape-keys.ts';

function typed(...pieces: string[]) {
  const keys = new EscapeKeys();
  let passed = '';
  for (const piece of pieces) {
    const read = keys.read(Buffer.from(piece));
    passed += read.passed.toString();
    if (read.leaves) return { passed, leaves: true };
  }
  return { passed, leaves: false };
}

test.each([
  [['~.'], { passed: '', leaves: true }],
  [['ls\r~.more'], { passed: 'ls\r', leaves: true }],
  [['ls\r', '~', '.'], { passed: 'ls\r', leaves: true }],
  [['cd ~.\r'], { passed: 'cd ~.\r', leaves: false }],
  [['~~.\r'], { passed: '~.\r', leaves: false }],
  [['~x'], { passed: '~x', leaves: false }],
  [['a', '~.'], { passed: 'a~.', leaves: false }],
])('%j', (pieces, expected) => {
  expect(typed(...pieces)).toEqual(expected);
});
