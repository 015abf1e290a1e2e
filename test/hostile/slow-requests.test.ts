import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('requests that come one byte at a time keep nobody waiting', async () => {
  const { opened } = await field().attackedBy<{ opened: number }>('slow-requests');
  expect(opened).toBe(400);
});
