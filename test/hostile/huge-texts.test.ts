import { expect, test } from 'vitest';
import { attack } from './support/attacker-process.ts';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

interface Report {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
}

test('texts of a megabyte and texts against quadratic patterns, at every operation there is, hold nothing up', async () => {
  const { keys, target } = field();
  await attack('huge-texts', { ...target, keys, lengths: [8] }); // what reads a request is made with its first one, and stays
  const { requests, statuses } = await field().attackedBy<Report>('huge-texts', { keys, lengths: [80_000, 1_000_000] });
  expect(requests).toBeGreaterThan(200);
  const isDefect = (status: string) => status.startsWith('5') && status !== '503'; // large bodies take turns, and not for ever
  expect(Object.keys(statuses).filter(isDefect)).toEqual([]);
});
