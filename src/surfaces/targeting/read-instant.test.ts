import { expect, test } from 'vitest';
import { readDayOrInstant, readInstant } from './read-instant.ts';

test.each([
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000000Z'],
  ['2026-01-31t12:00:00.5z', '2026-01-31T12:00:00.500000Z'],
  ['2026-01-31T12:00:00.123456789+02:00', '2026-01-31T10:00:00.123456Z'],
  ['2024-02-29T23:30:00-01:00', '2024-03-01T00:30:00.000000Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000000Z'],
])('%s is read', (text, instant) => {
  expect(readInstant(text)).toBe(instant);
});

test.each([
  'lately',
  '2026-13-45',
  '2026-01-31',
  '2026-01-31T12:00:00',
  '2026-01-31 12:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-01-31T24:30:00Z',
  '2026-01-31T23:59:60Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59-14:00',
])('%s is no instant', (text) => {
  expect(readInstant(text)).toBeUndefined();
});

test.each(['2026-13-45', '2026-02-29', '0000-01-01', '2026-00-10', '2026-01-00', '26-01-01'])(
  '%s is no day',
  (text) => {
    expect(readDayOrInstant(text, 'first')).toBeUndefined();
  },
);
