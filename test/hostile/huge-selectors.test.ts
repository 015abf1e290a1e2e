import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('selectors and targets of tens of thousands of parts are refused, and hold nothing up', async () => {
  const statuses = await field().attackedBy<Record<string, number>>('huge-selectors', { keys: field().keys });
  expect(Object.keys(statuses).filter((status) => !/^4\d\d$/.test(status))).toEqual([]);
});
