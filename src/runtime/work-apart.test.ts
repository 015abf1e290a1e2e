import fc from 'fast-check';
import { expect, test } from 'vitest';
import { workApart } from './work-apart.ts';

class BadItem extends Error {}
const isBadItem = (error: unknown) => error instanceof BadItem;

/** Does a batch whole or not at all. */
function worker(isBad: (item: number) => boolean) {
  const batches: number[] = [];
  const work = async (items: readonly number[]) => {
    batches.push(items.length);
    if (items.some(isBad)) throw new BadItem();
    return items.map((item) => item * 2);
  };
  return { batches, work };
}

test('whatever is bad in a batch, every good item is done and only the bad ones are refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 60 }), fc.nat(9), async (items, from) => {
      const outcomes = await workApart(items, worker((item) => item > from).work, isBadItem);
      expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : undefined))).toEqual(
        items.map((item) => (item > from ? undefined : item * 2)),
      );
    }),
  );
});

test('one bad item among 512 costs 19 attempts', async () => {
  const { batches, work } = worker((item) => item === 300);
  await workApart(
    Array.from({ length: 512 }, (_, place) => place),
    work,
    isBadItem,
  );
  expect(batches.length).toBe(19);
});

test('an error that is no item’s fault fails the batch at the first attempt', async () => {
  let attempts = 0;
  const away = new Error('away');
  const outcomes = await workApart(
    [1, 2, 3],
    async () => {
      attempts++;
      throw away;
    },
    isBadItem,
  );
  expect([attempts, outcomes]).toEqual([1, Array(3).fill({ status: 'rejected', reason: away })]);
});
