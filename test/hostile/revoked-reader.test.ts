import { expect, test } from 'vitest';
import { script } from '#test/support/installation.ts';
import { battlefield } from './support/battlefield-hooks.ts';

const WITHIN_MS = 2_000;
const field = battlefield();

interface Report {
  readonly opened: number;
  readonly status: number;
  readonly left: number;
  readonly afterMs: number;
}

test('the event streams of a token end within two seconds of its revocation', async () => {
  const { site, neighbourId, keys } = field();
  const runId = await site.begin({ target: { Node: neighbourId }, ...script('sleep 60') });
  const token = await field().newToken(['aegis.edge.fleet.read']);
  const given = { token, runId, operatorKey: keys.native };
  const { opened, status, left, afterMs } = await field().attackedBy<Report>('revoked-reader', given);
  expect({ opened, status, left }).toEqual({ opened: 3, status: 204, left: 0 });
  expect(afterMs).toBeLessThan(WITHIN_MS);
  await site.fleet.cancel(runId);
});
