import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

type Report = Readonly<Record<string, { sent: number; cuts: number }>>;

test('floods of heartbeats, metrics, starts, output and results delay nobody, and the node is cut', async () => {
  const report = await field().attackedBy<Report>('frame-flood', { secret: await field().joinKey() });
  expect(Object.values(report).filter(({ sent }) => sent === 0)).toEqual([]);
  expect(Object.values(report).reduce((sum, { cuts }) => sum + cuts, 0)).toBeGreaterThan(0);
});
