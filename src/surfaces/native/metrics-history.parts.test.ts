import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { OPERATIONS } from '#test/guards/all-surfaces.ts';
import { strangersAnswers } from '#test/guards/tenant-isolation.ts';
import { startCertificates } from '#test/support/certificates.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { unstartedEvents } from '#test/support/events.ts';
import { recordingsIn, releasesIn } from '#test/support/releases.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { testHttpApp } from '#test/support/test-http-app.ts';
import { nativeSurface } from './surface.ts';

let database: TestDatabase;
let app: FastifyInstance;
let services: Awaited<ReturnType<typeof startCertificates>>;

beforeAll(async () => {
  database = await testDatabase();
  services = await startCertificates({ db: database.db });
  const keyRing = new KeyRing({ ...services, clock: systemClock, configured: { master: new Secret('the-master') } });
  ({ app } = await testHttpApp([
    nativeSurface({
      ...services,
      readOn: async () => ({ kind: 'all' }),
      ...unstartedEvents(services.db, services.sealer),
      recordings: recordingsIn(services.db),
      releases: releasesIn(services.db),
      signIn: [],
      settings: [],
      keyRing,
      auditKeys: new AuditKeys(randomBytes(32)),
    }),
  ]));
});
afterAll(async () => {
  await app.close();
  await services.stop();
  await database.close();
});

const get = (key: string, url: string) => app.inject({ method: 'GET', url, headers: { 'x-api-key': key } });

/** A tenant with a key of these scopes, or of all, and a node. */
async function setup(scopes?: readonly string[]) {
  const tenant = await seedTenant(database.db);
  const [nodeId] = await seedNodes(database.db, tenant, [{}]);
  const granted = scopes === undefined ? ({ kind: 'api' } as const) : ({ kind: 'scoped', scopes } as const);
  const { secret } = await createKey(contextOf(tenant), database, { ...granted, name: 'k' });
  return { nodeId: nodeId as NodeId, key: secret.reveal() }; // seeded above
}

test('a node that reported has points, and none where it told nothing', async () => {
  const { nodeId, key } = await setup(['edge-admin.metrics']);
  await database.db.execute(sql`
    insert into node_metrics_recent (node_id, at, cpu_percent, received_bytes)
    values (${nodeId}, date_bin('15 seconds', now() - interval '30 seconds', 'epoch'), 12.345, 100),
      (${nodeId}, date_bin('15 seconds', now(), 'epoch'), null, 400)`);
  const answer = await get(key, `/v1/nodes/${nodeId}/metrics/history`);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    node_id: nodeId,
    step_seconds: 15,
    items: [
      { cpu_percent: 12.35, received_bytes_per_second: null, load_1m: null },
      { cpu_percent: null, received_bytes_per_second: 10 },
    ],
  });
  const week = await get(key, `/v1/nodes/${nodeId}/metrics/history?range=7d`);
  expect(week.json()).toMatchObject({ step_seconds: 600, items: [] });
});

test('it takes a scope that reads metrics, a range that there is, and a node of one’s own', async () => {
  const { nodeId, key } = await setup(['status']);
  expect((await get(key, `/v1/nodes/${nodeId}/metrics/history`)).statusCode).toBe(403);
  const own = await setup();
  expect((await get(own.key, `/v1/nodes/${own.nodeId}/metrics/history?range=1y`)).statusCode).toBe(422);
  expect((await get(own.key, `/v1/nodes/other/metrics/history`)).statusCode).toBe(404);
  const wrong = await strangersAnswers({
    operations: OPERATIONS.map(({ operation }) => operation).filter(({ path }) => path.startsWith('/v1/nodes/')),
    params: { '/v1/nodes/{node_id}/metrics/history': { node_id: nodeId } },
    bodies: {},
    exempt: {},
    async ask(_, path) {
      const answer = await get(own.key, path);
      return { status: answer.statusCode, text: answer.body };
    },
  });
  expect(wrong).toEqual([]);
});
