import { expect, test } from 'vitest';
import { until } from '#test/support/installation.ts';
import { attack } from './support/attacker-process.ts';
import { battlefield } from './support/battlefield-hooks.ts';

const WITHIN_MS = 10_000;
const field = battlefield();

test('SIGTERM ends the controller within ten seconds while connections stand silent on every listener', async () => {
  const before = field().descriptors();
  const giveUp = new AbortController();
  const attacking = attack('silent-sockets', { ...field().target, forMs: 40_000 }, { signal: giveUp.signal }).catch(
    () => {},
  );
  await until('they are connected', () => field().descriptors() >= before + 100);
  const from = performance.now();
  await field().site.stopController();
  expect(performance.now() - from).toBeLessThan(WITHIN_MS);
  giveUp.abort();
  await attacking;
  await field().site.startController();
  await field().isReady();
});
