import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { METRICS } from '#test/support/node-metrics.ts';
import { contextOf, type SeededTenant, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { dropMetricsDays } from '../days/drop-days.ts';
import { makeDays } from '../days/make-days.ts';
import { ManualClock } from '../kernel/clock.ts';
import { type NodeId, newId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import { keepHistory } from './keep-history.ts';
import { MetricsWriter } from './metrics-writer.ts';
import { type HistoryRange, readMetricsHistory } from './read-metrics-history.ts';

const NEVER = new AbortController().signal;
const HOUR = 3_600_000;

let database: TestDatabase;
let tenant: SeededTenant;
beforeAll(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
});
afterAll(() => database.close());

/** A node with a session, and a time of its own: tests share tables. */
async function setup(start: string) {
  const { db } = database;
  await db.execute(sql`delete from node_metrics_recent`);
  const controllerId = await seedController(db, new Date(Date.now() + 60_000));
  const [nodeId] = await seedNodes(db, tenant, [{ controllerId, name: newId() }]);
  const clock = new ManualClock(new Date(start));
  const writer = new MetricsWriter({ db, clock, onRefused: (error) => expect.unreachable(String(error)) });
  const node = nodeId as NodeId; // seeded above
  return {
    clock,
    node,
    keep: () => keepHistory({ db, clock }, NEVER),
    read: (range: HistoryRange, from = tenant) =>
      readMetricsHistory(contextOf(from, clock), db, { nodeId: node, range }),
    async report(cpuUsagePercent: number, receivedBytes = 0) {
      const interfaces = [
        { name: 'lo', receivedBytes: 1e9, sentBytes: 1e9, receiveErrors: 0, sendErrors: 0 },
        { name: 'eth0', receivedBytes, sentBytes: 0, receiveErrors: 0, sendErrors: 0 },
      ];
      writer.put({ nodeId: node, epoch: 1 }, { ...METRICS, host: { ...METRICS.host, cpuUsagePercent, interfaces } });
      await writer.flush();
    },
  };
}

test('the last hour is there by slots of fifteen seconds; two reports of a slot are one, a slot without one is left out', async () => {
  const { clock, report, read } = await setup('2026-03-10T08:00:00Z');
  await report(10, 1_000);
  clock.advance(5_000);
  await report(20, 1_500);
  clock.advance(10_000);
  await report(30, 3_000);
  clock.advance(30_000);
  await report(40, 100);
  const { points, slotMs, since } = await read('1h');
  expect(
    points.map(({ at, cpuPercent, receivedPerSecond }) => [at.toISOString(), cpuPercent, receivedPerSecond]),
  ).toEqual([
    ['2026-03-10T08:00:00.000Z', 20, null],
    ['2026-03-10T08:00:15.000Z', 30, 100],
    ['2026-03-10T08:00:45.000Z', 40, null], // the host started anew
  ]);
  expect(points[0]).toMatchObject({ memoryPercent: 75, diskPercent: 60 });
  expect([slotMs, clock.millis() - since.getTime()]).toEqual([15_000, HOUR]);
});

test('ten minutes become their mean, once; an hour later their slots are gone, and the mean stays for a week', async () => {
  const { clock, report, read, keep } = await setup('2026-03-11T08:00:00Z');
  for (const cpu of [10, 20, 60]) {
    await report(cpu);
    clock.advance(60_000);
  }
  await keep();
  expect((await read('7d')).points).toEqual([]); // the slot goes on
  clock.advance(8 * 60_000);
  await Promise.all([keep(), keep()]);
  await keep();
  const long = (await read('24h')).points;
  expect(long.map(({ at, cpuPercent }) => [at.toISOString(), cpuPercent])).toEqual([['2026-03-11T08:00:00.000Z', 30]]);
  clock.advance(HOUR);
  await keep();
  const rows = await database.db.query(sql`select from node_metrics_recent`);
  expect([(await read('1h')).points, rows.length]).toEqual([[], 0]);
  clock.advance(6 * 24 * HOUR);
  expect([(await read('24h')).points, (await read('7d')).points.length]).toEqual([[], 1]);
  clock.advance(24 * HOUR);
  expect((await read('7d')).points).toEqual([]);
});

test('what a time without a controller left to do is made up for', async () => {
  const { clock, report, read, keep } = await setup('2026-03-12T08:00:00Z');
  for (const cpu of [10, 20, 30]) {
    await report(cpu);
    clock.advance(10 * 60_000);
  }
  clock.advance(60_000);
  await keep();
  expect((await read('24h')).points.map(({ cpuPercent }) => cpuPercent)).toEqual([10, 20, 30]);
});

test('long slots are in the table of their day, and go with it', async () => {
  const { clock, report, read, keep } = await setup('2026-03-15T23:50:00Z');
  await makeDays({ db: database.db, clock });
  await report(10);
  clock.advance(10 * 60_000);
  await report(20);
  clock.advance(11 * 60_000);
  await keep();
  const places = await database.db.query(sql`
    select tableoid::regclass::text as place from node_metrics_history where at > '2026-03-15T00:00:00Z' order by at`);
  expect(places).toEqual([{ place: 'node_metrics_history_20260315' }, { place: 'node_metrics_history_20260316' }]);
  await dropMetricsDays(database.db, new Date('2026-03-16T00:00:00Z'), NEVER);
  expect((await read('24h')).points.map(({ cpuPercent }) => cpuPercent)).toEqual([20]);
});

test('of another tenant’s node nothing is known', async () => {
  const { report, read } = await setup('2026-03-20T08:00:00Z');
  await report(10);
  const stranger = await seedTenant(database.db);
  await expect(read('1h', stranger)).rejects.toMatchObject({ code: 'not_found' });
});
