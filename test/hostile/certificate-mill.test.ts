import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

/** gRPC: OK and RESOURCE_EXHAUSTED. */
const GRANTED = '0';
const REFUSED = '8';
const field = battlefield();

test('a node gets a few certificates and no more', async () => {
  const statuses = await field().attackedBy<Record<string, number>>('certificate-mill', {
    secret: await field().joinKey(),
  });
  expect(statuses[GRANTED] ?? 0).toBeLessThanOrEqual(20);
  expect(statuses[REFUSED]).toBeGreaterThan(0);
});
