import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('nodes that ask and never read what they are answered cost the controller a bounded buffer', async () => {
  const watch = field().watchMemory();
  const { sent } = await field().attackedBy<{ sent: number }>('never-reads', { secret: await field().joinKey() });
  expect(sent).toBeGreaterThan(100);
  expect(watch.growth()).toBeLessThan(150 * 1_048_576);
});
