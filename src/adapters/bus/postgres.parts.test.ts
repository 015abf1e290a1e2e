import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { clientConfig } from '#adapters/postgres/connection.ts';
import { sql } from '#core/kernel/sql.ts';
import { stressService } from '#runtime/service-stress.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { PostgresBus, type PostgresBusOptions } from './postgres.ts';

let database: TestDatabase;
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => database.close());

async function startBus(options: Partial<PostgresBusOptions> = {}): Promise<PostgresBus> {
  const bus = new PostgresBus({ client: clientConfig(database.connection, 'bus'), ...options });
  await bus.start();
  open.push(() => bus.stop());
  return bus;
}

/** Resolves with the first `count` payloads. */
function received(bus: PostgresBus, topic: string, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const payloads: unknown[] = [];
    bus.subscribe(topic, (payload) => {
      if (payloads.push(payload) === count) resolve(payloads);
    });
  });
}

function reconnected(bus: PostgresBus): Promise<void> {
  return new Promise((resolve) => bus.onReconnect(resolve));
}

test('keeps the contract of a service', async () => {
  await stressService(() => new PostgresBus({ client: clientConfig(database.connection, 'bus') }), {
    canRestart: true,
  });
});

test('a message reaches the other controllers once and the own subscribers once', async () => {
  const [left, right] = [await startBus(), await startBus()];
  const here = received(left, 'session.cut', 2);
  const there = received(right, 'session.cut', 2);
  left.publish('session.cut', { nodeIds: ['a'] });
  left.publish('other', {});
  left.publish('session.cut', { nodeIds: ['b'] });
  expect(await there).toEqual([{ nodeIds: ['a'] }, { nodeIds: ['b'] }]);
  expect(await here).toEqual([{ nodeIds: ['a'] }, { nodeIds: ['b'] }]);
});

test('many messages and one that is longer than NOTIFY allows arrive whole and in order', async () => {
  const [left, right] = [await startBus(), await startBus()];
  const numbers = received(right, 'number', 2_000);
  const long = received(right, 'long', 1);
  const text = 'ä\u{1f600}'.repeat(20_000);
  for (let n = 0; n < 2_000; n += 1) left.publish('number', { n });
  left.publish('long', { text });
  expect(await numbers).toEqual(Array.from({ length: 2_000 }, (_, n) => ({ n })));
  expect(await long).toEqual([{ text }]);
});

test('messages of one moment share a NOTIFY', async () => {
  const left = await startBus();
  const listener = new pg.Client(clientConfig(database.connection, 'test'));
  await listener.connect();
  open.push(() => listener.end());
  await listener.query('listen garrison_bus');
  let notifications = 0;
  listener.on('notification', () => {
    notifications += 1;
  });
  const right = await startBus();
  const all = received(right, 'n', 100);
  for (let n = 0; n < 100; n += 1) left.publish('n', { n });
  await all;
  await listener.query('select 1');
  expect(notifications).toBeGreaterThan(0);
  expect(notifications).toBeLessThanOrEqual(2);
});

test('a handler that throws disturbs neither the others nor the publisher', async () => {
  const bus = await startBus();
  bus.subscribe('t', () => {
    throw new Error('bad handler');
  });
  const good = received(bus, 't', 1);
  bus.publish('t', { ok: true });
  expect(await good).toEqual([{ ok: true }]);
});

test('a subscription that was ended hears nothing more', async () => {
  const bus = await startBus();
  const heard: unknown[] = [];
  const end = bus.subscribe('t', (payload) => heard.push(payload));
  const other = received(bus, 't', 1);
  end();
  bus.publish('t', {});
  await other;
  expect(heard).toEqual([]);
});

test('after its connection was ended by the server it listens again, says so, and hears the rest', async () => {
  const [left, right] = [await startBus(), await startBus()];
  const again = Promise.all([reconnected(left), reconnected(right)]);
  await database.db.query(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bus' and datname = current_database()`,
  );
  await again;
  const message = received(right, 'after', 1);
  left.publish('after', { n: 1 });
  expect(await message).toEqual([{ n: 1 }]);
});

test('what is published while the database is away is sent when it is back', async () => {
  const gate = await gateToDatabase();
  const [left, right] = [await startBus({ client: gate.client }), await startBus()];
  const back = reconnected(left);
  gate.close();
  const message = received(right, 'meanwhile', 1);
  left.publish('meanwhile', { n: 1 });
  await gate.open();
  await back;
  expect(await message).toEqual([{ n: 1 }]);
});

test('nothing is lost and nothing waits when the connection is cut again and again', async () => {
  const gate = await gateToDatabase();
  const [left, right] = [await startBus({ client: gate.client }), await startBus()];
  const seen = new Set<number>();
  const all = new Promise<void>((resolve) => {
    right.subscribe('n', (payload) => {
      seen.add((payload as { n: number }).n);
      if (seen.size === 200) resolve();
    });
  });
  for (let n = 0; n < 200; n += 1) {
    left.publish('n', { n });
    if (n % 20 !== 10) continue;
    const back = reconnected(left);
    gate.close();
    await gate.open();
    await back;
  }
  await all;
  expect([...seen]).toEqual(Array.from({ length: 200 }, (_, n) => n));
});

test('what was published before the stop is still sent', async () => {
  const [left, right] = [await startBus(), await startBus()];
  const messages = received(right, 'last', 2);
  left.publish('last', { n: 1 });
  left.publish('last', { n: 2 });
  await left.stop();
  expect(await messages).toEqual([{ n: 1 }, { n: 2 }]);
});

test('when more waits than may, the oldest are given up and everybody is told to re-read', async () => {
  const gate = await gateToDatabase();
  const [left, right] = [await startBus({ client: gate.client, maxWaiting: 10 }), await startBus()];
  gate.close();
  const told = reconnected(right);
  const newest = received(right, 'n', 9);
  for (let n = 0; n < 30; n += 1) left.publish('n', { n });
  await gate.open();
  await told;
  expect(await newest).toEqual(Array.from({ length: 9 }, (_, index) => ({ n: 21 + index })));
});

/** A way to the database that can be shut: connections are cut and refused. */
async function gateToDatabase() {
  const target = new pg.Client(clientConfig(database.connection, 'bus'));
  const { host, port, user = '', database: name = '', password } = target;
  const sockets = new Set<Socket>();
  const directory = await mkdtemp(join(tmpdir(), 'garrison-gate-'));
  const path = join(directory, '.s.PGSQL.1');
  let server = await listen();
  open.push(async () => {
    shut();
    await rm(directory, { recursive: true });
  });
  function shut() {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
  async function listen() {
    const listening = createServer((socket) => {
      const onward = host.startsWith('/') ? createConnection(`${host}/.s.PGSQL.${port}`) : createConnection(port, host);
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    listening.listen(path);
    await once(listening, 'listening');
    return listening;
  }
  return {
    client: clientConfig({ host: directory, port: 1, user, database: name, ...(password && { password }) }, 'bus'),
    close: shut,
    async open() {
      server = await listen();
    },
  };
}
