import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('a node whose facts change all the time delays nobody, and is cut', async () => {
  const secret = await field().joinKey();
  const { sent, cuts } = await field().attackedBy<{ sent: number; cuts: number }>('facts-flood', { secret });
  expect(sent).toBeGreaterThan(100);
  expect(cuts).toBeGreaterThan(0);
});
