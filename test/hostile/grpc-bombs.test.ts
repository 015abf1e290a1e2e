import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('messages that claim four gigabytes, or become a hundred megabytes, are refused and cost no memory', async () => {
  const watch = field().watchMemory();
  const statuses = await field().attackedBy<Record<string, number>>('grpc-bombs', { secret: await field().joinKey() });
  expect(Object.keys(statuses).filter((status) => / (0|-2)$/.test(status))).toEqual([]);
  expect(watch.growth()).toBeLessThan(150 * 1_048_576);
});
