import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('calls that are given up as soon as they are made delay nobody', async () => {
  const { bytes } = await field().attackedBy<{ bytes: number }>('rapid-reset');
  expect(bytes).toBeGreaterThan(100_000);
});
