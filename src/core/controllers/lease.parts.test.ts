import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type ControllerId, newId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import { DatabaseClock } from './database-clock.ts';
import { CONTROLLER_LEASE_MS, ControllerLease, type ControllerLeaseParts } from './lease.ts';
import { LivePeers } from './live-peers.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

function lease(
  name: string,
  { id = newId<ControllerId>(), ...parts }: Partial<ControllerLeaseParts> & { id?: ControllerId } = {},
): ControllerLease {
  const controller = { id, name, version: '1', nodeEndpoints: [], capacity: 1 };
  return new ControllerLease({ db: database.db, controller, onFailure: () => {}, ...parts });
}

/** As if the controller had stood still until its lease was over for `seconds`. */
async function endLease(name: string, seconds = 0): Promise<void> {
  await database.db.execute(sql`
    update controllers set lease_until = clock_timestamp() - make_interval(secs => ${seconds}) where name = ${name}`);
}

test('the name of a controller that is gone is taken over, that of one that is alive is refused', async () => {
  const killed = lease('host');
  await killed.start();
  const successor = lease('host');
  await expect(successor.start()).rejects.toMatchObject({ code: 'conflict' });
  await endLease('host');
  await successor.start();
  await killed.stop();
  await successor.stop();
});

test('a controller that was stopped leaves its name at once, and its own next life has it anyway', async () => {
  const id = newId<ControllerId>();
  const first = lease('other', { id });
  await first.start();
  const again = lease('other', { id });
  await again.start();
  await again.stop();
  const successor = lease('other');
  await successor.start();
  await successor.stop();
  await first.stop();
});

test('a controller knows as soon as it has started whether others are alive', async () => {
  const [peersOfFirst, peersOfSecond] = [new LivePeers(), new LivePeers()];
  const first = lease('first', { peers: peersOfFirst });
  await first.start();
  const second = lease('second', { peers: peersOfSecond });
  await second.start();
  expect(peersOfSecond.count).toBe(peersOfFirst.count + 1);
  await second.stop();
  await first.stop();
});

test('a controller finds where nodes reach the others that are alive', async () => {
  const endpoints = ['z.example:7071', '[::1]:7071'];
  const parts = { id: newId<ControllerId>(), name: 'zzz', version: '1', nodeEndpoints: endpoints, capacity: 1 };
  const peer = new ControllerLease({ db: database.db, controller: parts, onFailure: () => {} });
  await peer.start();
  const found = new LivePeers();
  const first = lease('finds', { peers: found });
  await first.start();
  expect(found.endpoints.at(-1)).toEqual(endpoints);
  await peer.stop();
  const later = new LivePeers();
  const second = lease('finds none', { peers: later });
  await second.start();
  expect(later.endpoints).not.toContainEqual(endpoints);
  await Promise.all([first.stop(), second.stop()]);
});

test('its end is by the clock of the database, and every renewal measures that clock', async () => {
  const wrong = new DatabaseClock({ wallMs: () => Date.now() + 3_600_000 });
  const one = lease('an hour ahead', { clock: wrong });
  await one.start();
  const [row] = await database.db.query<{ leftMs: number }>(sql`
    select extract(epoch from lease_until - clock_timestamp())::float8 * 1000 as "leftMs"
    from controllers where name = 'an hour ahead'`);
  expect(row?.leftMs).toBeGreaterThan(CONTROLLER_LEASE_MS / 2);
  expect(row?.leftMs).toBeLessThanOrEqual(CONTROLLER_LEASE_MS);
  expect(wrong.skewMs).toBeGreaterThan(3_590_000);
  await one.stop();
});

test('a lease that had ended is taken back by the next renewal, and that is told once', async () => {
  const told: number[] = [];
  const regained = Promise.withResolvers<void>();
  const one = lease('sleeper', {
    onRegained: async ({ lapsedMs }) => {
      told.push(lapsedMs);
      regained.resolve();
    },
  });
  await one.start();
  await endLease('sleeper', 7);
  await regained.promise;
  await renewed('sleeper');
  expect(told).toHaveLength(1);
  expect(told[0]).toBeGreaterThan(7_000);
  await one.stop();
});

test('up to when a controller has read is kept with its lease', async () => {
  const one = lease('reader', { unreadMs: () => 60_000 });
  await one.start();
  const [row] = await database.db.query<{ agoMs: number }>(sql`
    select extract(epoch from clock_timestamp() - read_at)::float8 * 1000 as "agoMs" from controllers where name = 'reader'`);
  expect(row?.agoMs).toBeGreaterThanOrEqual(60_000);
  expect(row?.agoMs).toBeLessThan(120_000);
  await one.stop();
});

/** Resolves when the lease has been written once more. */
async function renewed(name: string): Promise<void> {
  const read = async () => {
    const [row] = await database.db.query<{ until: Date }>(
      sql`select lease_until as until from controllers where name = ${name}`,
    );
    return row?.until.getTime() ?? 0;
  };
  const before = await read();
  await expect.poll(read).toBeGreaterThan(before);
}
