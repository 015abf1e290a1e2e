import { expect, test } from 'vitest';
import { script } from '#test/support/installation.ts';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('a thousand readers who do not read delay nobody, and half of them are told that there is no place', async () => {
  const watch = field().watchMemory();
  const { site, neighbourId } = field();
  const { key } = await field().newToken(['aegis.edge.fleet.read']);
  const runId = await site.begin({ target: { Node: neighbourId }, ...script('yes | head -c 50000; sleep 60') });
  const given = { key, runId };
  const { open, refused } = await field().attackedBy<{ open: number; refused: number }>('event-streams', given);
  expect(open).toBeGreaterThan(0);
  expect(open).toBeLessThanOrEqual(500);
  expect(refused).toBeGreaterThan(0);
  expect(watch.growth()).toBeLessThan(250 * 1_048_576);
  await site.fleet.cancel(runId);
});
