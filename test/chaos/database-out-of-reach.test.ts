/** The wire to the database is cut for longer than a lease, or goes silent: packets are dropped and nobody says so. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { testDatabase, wireTo } from '#test/support/database.ts';
import { connectionUrl } from '#test/support/database-url.ts';
import { Installation, script, until } from '#test/support/installation.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function setup() {
  const database = await testDatabase();
  open.push(() => database.close());
  const { proxy, connection } = await wireTo(database.connection);
  open.push(() => proxy.close());
  const site = await Installation.start({ env: { DATABASE_URL: connectionUrl(connection) }, nodes: 2 });
  open.push(() => site.close());
  return { proxy, site, db: database.db };
}

async function expectOrdersToArrive(site: Installation): Promise<void> {
  const events = await site.run({ target: { All: null }, ...script('true') });
  expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 2, err: 0 } } });
}

async function isReady(site: Installation): Promise<boolean> {
  return (await fetch(`${site.ready.api}/health/ready`)).ok;
}

test('a database that is away for 13 s: the controller is not ready meanwhile, keeps its nodes, and has them all afterwards', async () => {
  const { proxy, site } = await setup();
  proxy.cut();
  await until('the controller says that it is not ready', async () => !(await isReady(site)));
  await delay(13_000); // the fault itself
  proxy.mend();
  await until('it is ready again', () => isReady(site), 15_000);
  await expectOrdersToArrive(site);
  for (const { log } of site.daemons) expect(log).not.toContain('there is no session');
});

test('connections that go silent: the lease never ends, and the controller is at work again within seconds', async () => {
  const { proxy, site, db } = await setup();
  const leaseLeftMs = async () => {
    const [row] = await db.query<{ leftMs: number }>(sql`
      select extract(epoch from min(lease_until) - clock_timestamp())::float8 * 1000 as "leftMs" from controllers`);
    return row?.leftMs ?? 0;
  };
  proxy.freeze();
  const left: number[] = [];
  await until(
    'orders are taken and arrive again',
    async () => {
      left.push(await leaseLeftMs());
      return isReady(site);
    },
    40_000,
  );
  await expectOrdersToArrive(site);
  left.push(await leaseLeftMs());
  expect(Math.min(...left)).toBeGreaterThan(0);
});
