import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

/** The longest that a connection without a call may stand. */
const WITHIN_MS = 40_000;
const field = battlefield();

type Report = Readonly<Record<string, { left: number; longestMs: number }>>;

test('connections that say nothing are closed by every listener, and leave no descriptor', async () => {
  const before = field().descriptors();
  const report = await field().attackedBy<Report>('silent-sockets', { forMs: WITHIN_MS });
  expect(Object.entries(report).filter(([, { left }]) => left > 0)).toEqual([]);
  await field().descriptorsAreBack(before);
});
