/** A controller that stands still (SIGSTOP; a frozen or migrated machine is the same to it) and goes on as if nothing had been. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type Queryable, sql } from '#core/kernel/sql.ts';
import { testDatabase } from '#test/support/database.ts';
import { Installation, script, until } from '#test/support/installation.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Longer than its lease of ten seconds, shorter than daemons take to notice that nobody answers. */
const STANDSTILL_MS = 17_000;

test('a controller that stood still for 17 s has all its nodes, and a rolling run under way ends as it would have', async () => {
  const site = await Installation.start({ nodes: 3 });
  open.push(() => site.close());
  const runId = await site.begin({
    target: { All: null },
    ...script('sleep 4; echo done'),
    policy: { mode: { Rolling: { batch: 1 } } },
  });
  await standStill(site);
  const events = await site.run({ target: { All: null }, ...script('true') });
  expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 3, err: 0 } } });
  const detail = await site.untilEnded(runId);
  expect(detail.per_node.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  expect(detail.outcome).toBe('complete');
});

test('beside another controller, which takes it for dead meanwhile, it takes its nodes back', async () => {
  const database = await testDatabase();
  open.push(() => database.close());
  const frozen = await Installation.start({
    env: { DATABASE_URL: database.url, GARRISON_CONTROLLER_NAME: 'frozen' },
    nodes: 2,
  });
  open.push(() => frozen.close());
  const other = await Installation.start({
    joins: { databaseUrl: database.url, secretKey: frozen.secretKey() },
    env: { GARRISON_CONTROLLER_NAME: 'other' },
  });
  open.push(() => other.close());
  await standStill(frozen);
  await until('both nodes are connected again', async () => (await connectedHosts(other)) === 2, 5_000);
  const events = await other.run({ target: { All: null }, ...script('true') });
  expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 2, err: 0 } } });
});

test('one that stands still while it stores output holds up neither other runs nor, for long, its own', async () => {
  const database = await testDatabase();
  open.push(() => database.close());
  const frozen = await Installation.start({
    env: { DATABASE_URL: database.url, GARRISON_CONTROLLER_NAME: 'frozen' },
  });
  open.push(() => frozen.close());
  const other = await Installation.start({
    joins: { databaseUrl: database.url, secretKey: frozen.secretKey() },
    env: { GARRISON_CONTROLLER_NAME: 'other' },
  });
  open.push(() => other.close());
  await frozen.addNode('of-frozen');
  await other.addNode('of-other');
  const node = (await Array.fromAsync(other.fleet.hosts({}))).find(({ name }) => name === 'of-other')?.node_id ?? '';
  const loud = await other.begin({
    target: { All: null },
    ...script('for n in $(seq 2500); do echo $n; sleep 0.01; done'), // for half a minute there is always something to store
  });
  await stopWithLocks(frozen, database.db);
  open.push(async () => void process.kill(frozen.ready.pid, 'SIGCONT'));
  const begunAt = performance.now();
  const events = await other.run({ target: { Node: node }, ...script('true') });
  expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 1 } } });
  expect(performance.now() - begunAt).toBeLessThan(10_000);
  await until('the other node’s part of the loud run is stored', async () => {
    const { per_node } = await other.fleet.run(loud);
    return per_node.some(({ outcome }) => outcome === 'ok');
  });
  process.kill(frozen.ready.pid, 'SIGCONT');
  expect((await other.untilEnded(loud)).per_node.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
});

/** Stops it at a moment at which it holds the lock of a feed. */
async function stopWithLocks(site: Installation, db: Queryable): Promise<void> {
  await until('it stands still with locks', async () => {
    process.kill(site.ready.pid, 'SIGSTOP');
    await db.query(sql`select pg_sleep(0.3)`); // what it had sent is done by then
    const held = await db.query(sql`
      select from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and classid = 7013005 and granted and datname = current_database() and wait_event = 'ClientRead'`);
    if (held.length > 0) return true;
    process.kill(site.ready.pid, 'SIGCONT');
    return false;
  });
}

async function standStill(site: Installation): Promise<void> {
  process.kill(site.ready.pid, 'SIGSTOP');
  await delay(STANDSTILL_MS); // the fault itself
  process.kill(site.ready.pid, 'SIGCONT');
}

async function connectedHosts(site: Installation): Promise<number> {
  return (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length;
}
