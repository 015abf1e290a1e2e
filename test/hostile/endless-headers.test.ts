import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

interface Sent {
  readonly connections: number;
  readonly bytes: number;
}

test('headers without end and headers of a megabyte cost their connection, and nobody else anything', async () => {
  const { endless, huge } = await field().attackedBy<{ endless: Sent; huge: Sent }>('endless-headers');
  expect(endless.connections).toBeGreaterThan(1);
  expect(huge.connections).toBeGreaterThan(1);
});
