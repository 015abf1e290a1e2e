import { expect, test } from 'vitest';
import { withClock } from './about-clock.ts';

const NOW = new Date('2026-01-01T12:00:00Z');

test.each(['No connection established. Last error: Error: certificate is not yet valid', 'certificate has expired'])(
  'a certificate judged by the clock names that clock: %s',
  (message) => {
    expect(withClock(message, NOW)).toContain('the clock of this host says 2026-01-01T12:00:00.000Z');
  },
);

test('other messages are left as they are', () => {
  expect(withClock('connect ECONNREFUSED', NOW)).toBe('connect ECONNREFUSED');
});
