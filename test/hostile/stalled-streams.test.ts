import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('calls that take none of their answers, on many connections, delay nobody', async () => {
  const { calls } = await field().attackedBy<{ calls: number }>('stalled-streams');
  expect(calls).toBeGreaterThan(0);
});
