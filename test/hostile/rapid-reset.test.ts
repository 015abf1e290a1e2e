import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('calls that are given up as soon as they are made delay nobody, and a host behind the same address joins', async () => {
  const secret = await field().joinKey();
  const { bytes, attempts } = await field().attackedBy<{ bytes: number; attempts: number }>('rapid-reset', { secret });
  expect(bytes).toBeGreaterThan(100_000);
  expect(attempts).toBeLessThanOrEqual(10);
});
