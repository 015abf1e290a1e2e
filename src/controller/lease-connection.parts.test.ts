import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#adapters/postgres/database.ts';
import { sql } from '#core/kernel/sql.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';

let controller: TestController;
beforeAll(async () => {
  controller = await startTestController({ env: { GARRISON_DATABASE_CONNECTIONS: '2' } });
});
afterAll(() => controller.close());

async function leaseUntil(): Promise<number> {
  const [row] = await controller.database.db.query<{ at: Date }>(sql`select lease_until as at from controllers`);
  return row?.at.getTime() ?? 0;
}

async function connectionsThatWait(): Promise<number> {
  const [row] = await controller.database.db.query<{ count: number }>(sql`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name = 'garrison' and wait_event_type = 'Lock'`);
  return row?.count ?? 0;
}

test('the lease is renewed while every connection of the pool waits', async () => {
  const outside = openDatabase({ connection: controller.database.db.connection, applicationName: 'outside' });
  await outside.transaction(async (tx) => {
    await tx.execute(sql`lock table nodes in access exclusive mode`);
    await expect.poll(connectionsThatWait, { timeout: 20_000 }).toBe(2);
    const before = await leaseUntil();
    await expect.poll(leaseUntil, { timeout: 15_000 }).toBeGreaterThan(before);
    expect(await connectionsThatWait()).toBe(2);
  });
  await outside.close();
}, 60_000);
