import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

interface Report {
  readonly refused: Readonly<Record<string, number>>;
  readonly good: number;
  readonly message: string;
}

test('whoever guesses join secrets is slowed down, and a host behind the same address joins with a good one', async () => {
  const secret = await field().joinKey();
  const { refused, good, message } = await field().attackedBy<Report>('failed-joins', { secret });
  expect(refused['0']).toBeUndefined();
  expect(good, message).toBe(0);
});
