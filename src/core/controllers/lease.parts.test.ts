import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { ManualClock } from '../kernel/clock.ts';
import { type ControllerId, newId } from '../kernel/ids.ts';
import { CONTROLLER_LEASE_MS, ControllerLease } from './lease.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

function lease(name: string, clock: ManualClock, id = newId<ControllerId>()): ControllerLease {
  const controller = { id, name, version: '1', nodeEndpoints: [], capacity: 1 };
  return new ControllerLease({ db: database.db, clock, controller, onError: () => {} });
}

test('the name of a controller that is gone is taken over, that of one that is alive is refused', async () => {
  const clock = new ManualClock();
  const killed = lease('host', clock);
  await killed.start();
  const successor = lease('host', clock);
  await expect(successor.start()).rejects.toMatchObject({ code: 'conflict' });
  clock.advance(CONTROLLER_LEASE_MS);
  await successor.start();
  await killed.stop();
  await successor.stop();
});

test('a controller that was stopped leaves its name at once, and its own next life has it anyway', async () => {
  const clock = new ManualClock();
  const id = newId<ControllerId>();
  const first = lease('other', clock, id);
  await first.start();
  const again = lease('other', clock, id);
  await again.start();
  await again.stop();
  const successor = lease('other', clock);
  await successor.start();
  await successor.stop();
  await first.stop();
});

test('a controller knows as soon as it has started whether others are alive', async () => {
  const clock = new ManualClock();
  const first = lease('first', clock);
  await first.start();
  const second = lease('second', clock);
  await second.start();
  expect(second.liveControllers).toBe(first.liveControllers + 1);
  await second.stop();
  await first.stop();
});
