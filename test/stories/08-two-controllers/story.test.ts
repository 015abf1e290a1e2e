import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJoinSecret } from '#daemon/enrolment/join-secret.ts';
import { type BusCarrier, onEveryBus } from '#test/support/bus-carriers.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type DaemonProcess, Installation, script, until } from '#test/support/installation.ts';

const MOVED_WITHIN_MS = 15_000;

onEveryBus((startBus) => {
  let database: TestDatabase;
  let bus: BusCarrier;
  let east: Installation;
  let west: Installation;

  beforeAll(async () => {
    database = await testDatabase();
    bus = await startBus();
    east = await Installation.start({
      env: { ...bus.env, DATABASE_URL: database.url, GARRISON_CONTROLLER_NAME: 'east' },
    });
    await east.addNode('east-1'); // before there is another controller
    west = await Installation.start({
      joins: { databaseUrl: database.url, secretKey: east.secretKey() },
      env: { ...bus.env, GARRISON_CONTROLLER_NAME: 'west' },
    });
    await west.addNode('west-1');
  });

  afterAll(async () => {
    await west.close();
    await east.close();
    await bus.close();
    await database.close();
  });

  test('a run started on either controller reaches the nodes of both, with live output', async () => {
    for (const site of [east, west]) {
      const events = await site.run({ target: { All: null }, ...script('echo here') });
      expect(events.filter((event) => event.event === 'command_progress')).toHaveLength(2);
      expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 2 } } });
    }
  });

  test('cancel reaches a node of the other controller', async () => {
    const runId = await east.begin({ target: { All: null }, ...script('sleep 300') });
    expect(await west.fleet.cancel(runId)).toMatchObject({ cancelled: 2 });
    expect((await east.untilEnded(runId)).outcome).toBe('cancelled');
  });

  test('a join secret names both controllers, each of which was given only its own address', async () => {
    for (const [site, other] of [
      [east, west],
      [west, east],
    ] as const) {
      const endpoints = [site, other].map(({ nodePort }) => `127.0.0.1:${nodePort}`);
      let named: readonly string[] = [];
      await until('it has seen the other one', async () => {
        const { token } = await site.fleet.issueEnrollmentToken({ name: 'unused' });
        named = readJoinSecret(token).endpoints;
        return named.length === 2;
      });
      expect(named).toEqual(endpoints);
    }
  });

  const sessionsAt = (daemon: DaemonProcess, site: Installation) =>
    daemon.log.split(`a session is open endpoint=127.0.0.1:${site.nodePort} `).length - 1;

  test('a controller that is stopped sends its nodes to the other one within 15 seconds', async () => {
    const [node] = west.daemons as [DaemonProcess];
    await west.stopController();
    await until('west-1 is with east', () => sessionsAt(node, east) === 1, MOVED_WITHIN_MS);
    expect(node.log).toContain('the controller asked to come back later');
    await west.startController();
  });

  test('a controller that is killed loses its nodes to the other one within 15 seconds, and they know it after a restart', async () => {
    const [node] = east.daemons as [DaemonProcess];
    const [other] = west.daemons as [DaemonProcess];
    await east.stopController('SIGKILL');
    await node.stop('SIGKILL');
    node.start();
    const at = sessionsAt(other, west);
    await until(
      'both are with west',
      () => sessionsAt(node, west) === 1 && sessionsAt(other, west) > at,
      MOVED_WITHIN_MS,
    );
    const events = await west.run({ target: { All: null }, ...script('echo here') });
    expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 2 } } });
    await east.startController();
  });

  test('the controller that drives a run is killed: the other one takes it over and ends it', async () => {
    const runId = await west.begin({
      target: { All: null },
      ...script('sleep 2; echo done'),
      policy: { mode: 'Sequential', per_target_deadline_secs: 60 },
    });
    await west.stopController('SIGKILL');
    await until(
      'the lease of the dead one is over and east drives',
      async () => (await east.fleet.run(runId)).per_node[0]?.outcome === 'ok',
    );
    await west.startController();
    const detail = await east.untilEnded(runId);
    expect(detail.per_node[0]).toMatchObject({ outcome: 'ok' });
  });

  test('the clusters of a dead controller are another one’s within 15 seconds', async () => {
    await west.stopController('SIGKILL');
    await until(
      'east answers for everything',
      async () => {
        const { body } = await east.admin<{ data: Record<string, unknown> }>('GET', '/api/v1/admins/edge_clusters');
        return Object.keys(body.data).length === 1;
      },
      15_000,
    );
    await west.startController();
  });
});
