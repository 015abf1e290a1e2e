import { expect, test } from 'vitest';
import { DatabaseClock, MOST_SKEW_MS } from './database-clock.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');

function setup({ wall = NOON }: { wall?: number } = {}) {
  const machine = { wall, steady: 1_000 };
  const clock = new DatabaseClock({ wallMs: () => machine.wall, steadyMs: () => machine.steady });
  const measure = (databaseMs: number, tookMs = 2) =>
    clock.measureBy(async () => {
      machine.steady += tookMs;
      return new Date(databaseMs);
    });
  return { machine, clock, measure };
}

test('it says what the database says, whatever the clock of this machine is stepped to', async () => {
  const { machine, clock, measure } = setup({ wall: NOON + 15_000 });
  await measure(NOON);
  machine.steady += 4_000;
  machine.wall -= 3_600_000;
  expect(clock.millis()).toBe(NOON + 4_001);
});

test('before the first measurement it is the clock of this machine', () => {
  expect(setup().clock.now()).toEqual(new Date(NOON));
});

test('how far this machine is ahead is known', async () => {
  const { clock, measure } = setup({ wall: NOON + 15_000 });
  await measure(NOON, 0);
  expect(clock.skewMs).toBe(15_000);
});

test('a slow answer does not move the clock by less than it took, and does by more', async () => {
  const { clock, measure } = setup();
  await measure(NOON, 0);
  await measure(NOON + 10, 2_000);
  expect(clock.millis()).toBe(NOON + 2_000);
  await measure(NOON + 60_000, 2_000);
  expect(clock.millis()).toBe(NOON + 61_000);
});

test('certificates are refused only where they would be wrong, and both clocks are named', async () => {
  const { machine, clock, measure } = setup();
  await measure(NOON, 0);
  machine.wall = NOON + MOST_SKEW_MS;
  expect(() => clock.refuseWhereCertificatesWouldBeWrong()).not.toThrow();
  machine.wall = NOON + MOST_SKEW_MS + 1_000;
  expect(() => clock.refuseWhereCertificatesWouldBeWrong()).toThrow(
    'the clock of this controller says 2026-01-01T13:00:01.000Z, its database says 2026-01-01T12:00:00.000Z',
  );
});
