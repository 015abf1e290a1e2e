import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { Installation, script, until } from '#test/support/installation.ts';

let database: TestDatabase;
let east: Installation;
let west: Installation;

beforeAll(async () => {
  database = await testDatabase();
  east = await Installation.start({ env: { DATABASE_URL: database.url, GARRISON_CONTROLLER_NAME: 'east' } });
  west = await Installation.start({
    joins: { databaseUrl: database.url, secretKey: east.secretKey() },
    env: { GARRISON_CONTROLLER_NAME: 'west' },
  });
  await east.addNode('east-1');
  await west.addNode('west-1');
});

afterAll(async () => {
  await west.close();
  await east.close();
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
