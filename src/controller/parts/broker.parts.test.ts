import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectNats } from '#adapters/nats/connect.ts';
import { createTelemetry } from '#adapters/telemetry/prometheus.ts';
import { recordEvents } from '#core/events/record-events.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, type NodeId, newId } from '#core/kernel/ids.ts';
import { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { METRICS } from '#core/kernel/telemetry.ts';
import type { Log } from '#runtime/log.ts';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { until } from '#test/support/installation.ts';
import { noNats, startNats } from '#test/support/nats-server.ts';
import { type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { readConfig } from '../config.ts';
import { ServiceStack } from '../service-stack.ts';
import { startBroker } from './broker.ts';

interface Arrived {
  readonly id: string;
  readonly subject: string;
  readonly sequence: string;
  readonly tenant: string;
}

/** A broker of core NATS behind a wire, so that what a consumer gets is what was published, repetitions too. */
describe.skipIf(noNats)(`events for a broker${noNats === undefined ? '' : ` (skipped: ${noNats})`}`, () => {
  let database: TestDatabase;
  let tenant: SeededTenant;
  let nats: Awaited<ReturnType<typeof startNats>>;
  let proxy: TcpProxy;
  let wire: number;
  let arrived: Arrived[];
  const open: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    database = await testDatabase();
    open.push(() => database.close());
    tenant = await seedTenant(database.db);
    nats = await startNats();
    open.push(() => nats.close());
    proxy = new TcpProxy();
    wire = await proxy.listen();
    proxy.pointTo(nats.port);
    open.push(() => proxy.close());
    const consumer = await connectNats({ url: new Secret(`nats://127.0.0.1:${nats.port}`) }, 'consumer');
    open.push(() => consumer.close());
    arrived = [];
    consumer.subscribe('edge.>', { callback: (_, message) => void arrived.push(message.json() as Arrived) });
    await consumer.flush();
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function startController() {
    const { db } = database;
    const told: { readonly [name: string]: unknown }[] = [];
    const log: Log = { ...silentLog, warn: (facts) => void told.push(facts as { [name: string]: unknown }) };
    const stack = new ServiceStack(silentLog);
    open.push(() => stack.stop());
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => void failures.push(error);
    const env = {
      EVENT_BROKER_ENABLED: 'true',
      EVENT_BROKER_ADAPTER: 'nats',
      EVENT_BROKER_NATS_URLS: `nats://127.0.0.1:${wire}`,
    };
    const telemetry = createTelemetry(METRICS);
    const readMetrics = await startBroker(stack, {
      ...{ db, log, onFailure, telemetry, clock: systemClock, controllerId: newId<ControllerId>() },
      config: readConfig({ env, systemFile: '/nonexistent' }),
    });
    const metrics = () => readMetrics() ?? expect.fail('there is a broker');
    return { stack, told, failures, metrics, figures: () => telemetry.collect() };
  }

  /** `count` events of each of the subjects. @returns their ids */
  async function tell(subjects: readonly NodeId[], count: number): Promise<string[]> {
    const events = Array.from({ length: count }, () =>
      subjects.map((subject) => ({
        ...{ tenantId: tenant.tenantId, type: 'node.cluster_changed' as const, subject },
        data: { nodeId: subject, name: subject, clusterName: 'b', previousClusterName: 'a' },
      })),
    ).flat();
    await recordEvents(database.db, events);
    const rows = await database.db.query<{ id: string }>(
      sql`select id from events where subject = any (${subjects}) order by position desc limit ${events.length}`,
    );
    return rows.map(({ id }) => id);
  }

  /** What an hour does to those that have not arrived. */
  async function age(minutes: number): Promise<void> {
    await database.asOwner(sql`update events set created_at = created_at - make_interval(mins => ${minutes})`);
  }

  function expectAllInOrder(ids: readonly string[]): void {
    expect(new Set(arrived.map(({ id }) => id))).toEqual(new Set(ids));
    const first = arrived.filter(({ id }, place) => arrived.findIndex((one) => one.id === id) === place);
    for (const [subject, own] of Map.groupBy(first, (one) => one.subject)) {
      const numbers = own.map(({ sequence }) => Number(sequence));
      expect([subject, numbers]).toEqual([subject, Array.from({ length: numbers.length }, (_, n) => n + 1)]);
    }
  }

  const subjects = Array.from({ length: 20 }, () => newId<NodeId>());

  test('events of the contract arrive as CloudEvents, numbered within their subject, and nothing else does', async () => {
    const { failures, metrics, figures } = await startController();
    await recordEvents(database.db, [
      { tenantId: tenant.tenantId, type: 'group.deleted', subject: 'g', data: { groupId: 'g' } },
    ]);
    const ids = await tell(subjects, 10);
    await until('all have arrived', () => arrived.length >= ids.length);
    expectAllInOrder(ids);
    expect(arrived[0]).toMatchObject({ type: 'edge.node.cluster_changed', tenant: tenant.tenantId });
    await until('it is counted', () => metrics().published === ids.length);
    expect(metrics()).toMatchObject({ taken: ids.length, failed: 0, isConnected: true, trouble: undefined });
    const { text } = await figures();
    expect(text).toContain(`garrison_broker_messages_total{word="handed_over"} ${ids.length}`);
    expect(text).toContain('garrison_broker_connected 1');
    expect(failures).toEqual([]);
  });

  test('away for three minutes, and the clock goes on by fifty-five: nothing is lost, the order is kept', async () => {
    const { metrics, figures } = await startController();
    const ids = await tell(subjects, 5);
    await until('they have arrived', () => arrived.length === ids.length);
    proxy.cut();
    await until('it is away', () => !metrics().isConnected);
    ids.push(...(await tell(subjects, 25)));
    await until('it says why', () => metrics().trouble !== undefined);
    expect((await figures()).text).toContain('garrison_broker_connected 0');
    await age(58);
    proxy.mend();
    await until('all have arrived', () => new Set(arrived.map(({ id }) => id)).size === ids.length);
    expectAllInOrder(ids);
  });

  test('what is older than the maximum age when the broker is back ends in the log with that reason, and the rest arrives', async () => {
    const { told, metrics, figures } = await startController();
    await until('it is connected', () => metrics().isConnected);
    proxy.cut();
    await until('it is away', () => !metrics().isConnected);
    const old = await tell(subjects.slice(0, 3), 1);
    await age(61);
    const young = await tell(subjects.slice(3, 6), 1);
    proxy.mend();
    await until('the young have arrived', () => arrived.length === young.length);
    const lost = () => told.filter(({ outcome }) => outcome === 'outdated').map(({ event }) => event);
    await until('the old are in the log', () => lost().length === old.length);
    expect(new Set(lost())).toEqual(new Set(old));
    expect((await figures()).text).toContain('garrison_broker_messages_total{word="outdated"} 3');
  });

  test('the broker is killed while events go out, and one of two controllers is stopped: each arrives, in order', async () => {
    const [left] = [await startController(), await startController()];
    const ids = await tell(subjects, 20);
    await until('some have arrived', () => arrived.length > 20);
    proxy.cut();
    proxy.mend();
    ids.push(...(await tell(subjects, 20)));
    await left.stack.stop();
    await until('all have arrived', () => new Set(arrived.map(({ id }) => id)).size === ids.length);
    expectAllInOrder(ids);
  });
});
