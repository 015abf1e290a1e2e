import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

interface Report {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
}

test('texts of a megabyte and texts against quadratic patterns, at every operation there is, hold nothing up', async () => {
  const { requests, statuses } = await field().attackedBy<Report>('huge-texts', { keys: field().keys });
  expect(requests).toBeGreaterThan(200);
  expect(Object.keys(statuses).filter((status) => status.startsWith('5'))).toEqual([]);
});
