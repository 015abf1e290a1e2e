import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('control frames whose answers nobody reads are not answered without bound', async () => {
  const watch = field().watchMemory();
  const sent = await field().attackedBy<Record<string, { bytes: number }>>('control-frames');
  expect(Object.values(sent).filter(({ bytes }) => bytes === 0)).toEqual([]);
  expect(watch.growth()).toBeLessThan(150 * 1_048_576);
});
