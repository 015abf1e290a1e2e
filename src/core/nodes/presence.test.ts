import { expect, test } from 'vitest';
import { type PresenceFacts, presenceOf } from './presence.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
const enrolled: PresenceFacts = {
  enrolledAt: ago(1_000),
  revokedAt: null,
  lastSeenAt: null,
  sessionClosedAt: null,
  session: null,
};
const live = { openedAt: ago(300), leaseUntil: ago(-5), readAt: ago(2) };

test.each<[string, Partial<PresenceFacts>, string, Date]>([
  ['never connected', {}, 'disconnected', ago(1_000)],
  ['gone', { sessionClosedAt: ago(20), lastSeenAt: ago(25) }, 'disconnected', ago(20)],
  ['here and fresh', { session: live, lastSeenAt: ago(10) }, 'connected', ago(300)],
  ['here, silent for exactly as long as is allowed', { session: live, lastSeenAt: ago(90) }, 'connected', ago(300)],
  ['here and silent for longer', { session: live, lastSeenAt: ago(91) }, 'stale', ago(1)],
  [
    'silent for longer, as far as its late controller has read: not at all',
    { session: { ...live, readAt: ago(40) }, lastSeenAt: ago(100) },
    'connected',
    ago(300),
  ],
  [
    'silent already when its late controller last read',
    { session: { ...live, readAt: ago(40) }, lastSeenAt: ago(131) },
    'stale',
    ago(41),
  ],
  [
    'silent for longer at a controller that does not say when it read',
    { session: { ...live, readAt: null }, lastSeenAt: ago(91) },
    'stale',
    ago(1),
  ],
  [
    'just connected, seen long ago',
    { session: { ...live, openedAt: ago(1) }, lastSeenAt: ago(500) },
    'connected',
    ago(1),
  ],
  [
    'held by a controller that died',
    { session: { ...live, leaseUntil: ago(7) }, lastSeenAt: ago(9) },
    'disconnected',
    ago(7),
  ],
  [
    'held by a controller nobody knows',
    { session: { ...live, leaseUntil: null }, lastSeenAt: ago(9) },
    'disconnected',
    ago(9),
  ],
  [
    'revoked, though its session is still open',
    { session: live, lastSeenAt: ago(1), revokedAt: ago(3) },
    'revoked',
    ago(3),
  ],
])('a node that is %s', (_, facts, kind, since) => {
  expect(presenceOf({ ...enrolled, ...facts }, NOW, { staleAfterMs: 90_000 })).toEqual({ kind, since });
});
