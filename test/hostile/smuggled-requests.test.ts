import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

type Report = Readonly<Record<string, { answers: number; first: string }>>;

test('a request whose end is not certain is refused, and what hides behind it is never answered', async () => {
  const report = await field().attackedBy<Report>('smuggled-requests');
  expect(Object.keys(report).length).toBeGreaterThan(10);
  const wrong = Object.entries(report).filter(
    ([, { answers, first }]) => answers > 1 || !['400', 'closed'].includes(first),
  );
  expect(wrong).toEqual([]);
});
