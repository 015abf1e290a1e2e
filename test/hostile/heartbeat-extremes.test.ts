import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

test('nodes whose heartbeats hold the largest numbers there are disable nobody', async () => {
  const secret = await field().joinKey();
  const { sent } = await field().attackedBy<{ sent: number[] }>('heartbeat-extremes', { secret });
  expect(Math.min(...sent)).toBeGreaterThan(0);
});
