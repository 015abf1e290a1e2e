import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeId, TenantId } from '#core/kernel/ids.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';

let controller: TestController;
beforeAll(async () => {
  controller = await startTestController({ env: { GARRISON_EVENT_STREAMS_PER_CALLER: '17' } });
});
afterAll(() => controller.close());

interface Counts {
  readonly nodes: {
    readonly total: number;
    readonly by_status: object;
    readonly by_version: object[];
    readonly by_os: object[];
  };
  readonly runs: object | null;
  readonly dispatches: object | null;
  readonly needs: object;
}

const overview = (as?: string) => controller.call<Counts>('GET', '/v1/overview', undefined, as);

test('the overview counts the nodes of the tenant, and nobody else’s', async () => {
  await addNodes(controller.orgId, [
    { name: 'a', version: '1.2.0', os: 'linux' },
    { name: 'b', version: '1.2.0', os: 'darwin' },
    { name: 'c', version: '1.1.0', os: 'linux' },
    { name: 'gone', version: '1.0.0', os: 'linux', isRevoked: true },
  ]);
  const org = await controller.call<{ id: TenantId }>('POST', '/v1/orgs', { name: 'Other' });
  await addNodes(org.body.id, [{ name: 'd', version: '9.9.9', os: 'plan9' }]);

  const { status, body } = await overview();
  expect(status).toBe(200);
  expect(body).toEqual({
    nodes: {
      total: 4,
      by_status: { Connected: 0, Unhealthy: 0, Disconnected: 3, Revoked: 1 },
      by_version: [
        { name: '1.2.0', count: 2 },
        { name: '1.1.0', count: 1 },
      ],
      by_os: [
        { name: 'linux', count: 2 },
        { name: 'darwin', count: 1 },
      ],
    },
    runs: { running: 0, failed_today: 0 },
    dispatches: { waiting: 0, running: 0 },
    needs: { waiting_nodes: 0, ending_certificates: 0, approvals: 0, failing_webhooks: 0 },
  });
});

test('what the caller has no scope for is null, and without any of them the overview is refused', async () => {
  const { body } = await overview(await token(['garrison.hosts.read']));
  expect([body.runs, body.dispatches, body.needs]).toEqual([
    null,
    null,
    { waiting_nodes: 0, ending_certificates: 0, approvals: null, failing_webhooks: null },
  ]);
  expect((await overview(await token(['audit.read']))).status).toBe(403);
});

test('the settings in force say where each comes from, and show no secret', async () => {
  type Listed = { items: { name: string; value: string | null; source: string; from: string | null }[] };
  const { status, body } = await controller.call<Listed>('GET', '/v1/settings');
  expect(status).toBe(200);
  const named = (name: string) => body.items.find((setting) => setting.name === name);
  const streams = { value: '17', source: 'environment', from: 'GARRISON_EVENT_STREAMS_PER_CALLER' };
  expect(named('eventStreamsPerCaller')).toMatchObject(streams);
  expect(named('coreName')).toMatchObject({ source: 'default', from: null });
  expect(named('databaseUrl')).toMatchObject({ value: null, is_secret: true, is_set: true, source: 'environment' });
  expect(JSON.stringify(body)).not.toContain(String(controller.database.url));
});

test('the settings are for whoever has the scope, in the tenant of the installation', async () => {
  const ask = async (as: string) => (await controller.call('GET', '/v1/settings', undefined, as)).status;
  expect(await ask(await token(['garrison.settings.read']))).toBe(200);
  expect(await ask(await token(['audit.read']))).toBe(403);
});

async function token(scopes: readonly string[]): Promise<string> {
  const { body } = await controller.call<{ api_key: string }>('POST', '/v1/keys', { name: 'token', scopes });
  return body.api_key;
}

interface Added {
  readonly name: string;
  readonly version: string;
  readonly os: string;
  readonly isRevoked?: boolean;
}

async function addNodes(tenantId: string, nodes: readonly Added[]): Promise<void> {
  for (const { name, version, os, isRevoked = false } of nodes) {
    await controller.database.db.execute(sql`
      insert into nodes (id, tenant_id, cluster_id, name, version, os, revoked_at, overlay_host_id)
      select ${newId<NodeId>()}, tenants.id, coalesce((select id from clusters limit 1), tenants.id), ${name}, ${version}, ${os},
        case when ${isRevoked} then now() end, ${newId()}
      from tenants where tenants.id = ${tenantId}`);
  }
}
