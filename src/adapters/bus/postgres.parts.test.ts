import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { clientConfig } from '#adapters/postgres/connection.ts';
import { sql } from '#core/kernel/sql.ts';
import { busContract, received } from '#test/support/bus-contract.ts';
import { testDatabase, wireTo } from '#test/support/database.ts';
import { PostgresBus } from './postgres.ts';

describe('the bus on LISTEN/NOTIFY', () => {
  busContract(async () => {
    const database = await testDatabase();
    return {
      make: (options = {}) => new PostgresBus({ client: clientConfig(database.connection, 'bus'), ...options }),
      async wire() {
        const { proxy, connection } = await wireTo(database.connection);
        return {
          proxy,
          make: (options = {}) => new PostgresBus({ client: clientConfig(connection, 'bus'), ...options }),
        };
      },
      async endConnections() {
        await database.db.query(
          sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bus' and datname = current_database()`,
        );
      },
      close: () => database.close(),
    };
  });
});

test('messages of one moment share a NOTIFY', async () => {
  const database = await testDatabase();
  const make = () => new PostgresBus({ client: clientConfig(database.connection, 'bus') });
  const [left, right] = [make(), make()];
  const listener = new pg.Client(clientConfig(database.connection, 'test'));
  try {
    await listener.connect();
    await listener.query('listen garrison_bus');
    let notifications = 0;
    listener.on('notification', () => {
      notifications += 1;
    });
    await Promise.all([left.start(), right.start()]);
    const all = received(right, 'n', 100);
    for (let n = 0; n < 100; n += 1) left.publish('n', { n });
    await all;
    await listener.query('select 1');
    expect(notifications).toBeGreaterThan(0);
    expect(notifications).toBeLessThanOrEqual(2);
  } finally {
    await Promise.all([left.stop(), right.stop(), listener.end()]);
    await database.close();
  }
});
