import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('upgrades to what is not spoken, and other protocols, are refused', async () => {
  const answers = await field().attackedBy<Record<string, number>>('upgrade-garbage');
  expect(Object.keys(answers).filter((status) => status === '101' || status.startsWith('5'))).toEqual([]);
});
