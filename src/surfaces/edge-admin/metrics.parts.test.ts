import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import type { NodeMetrics } from '#core/metrics/node-metrics.ts';
import { type EdgeAdminApp, edgeAdminApp, METRICS_KEY } from '#test/support/edge-admin-app.ts';
import { METRICS } from '#test/support/node-metrics.ts';

let admin: EdgeAdminApp;
beforeAll(async () => {
  admin = await edgeAdminApp();
});
afterAll(() => admin.close());

async function reporting(metrics?: NodeMetrics): Promise<string> {
  const [node] = await admin.connect([{ name: crypto.randomUUID() }]);
  if (node === undefined) throw new Error('no node');
  await admin.report(node, metrics);
  return node.nodeId;
}

async function get(path: string, as?: string) {
  const answer = await admin.call('GET', `/api/v1/${path}`, as === undefined ? {} : { as });
  return { status: answer.statusCode, body: answer.json() };
}

const PARTS = ['/host', '/agent', ''];

describe('the metrics of a node', () => {
  test('of its host are its own body, in the units of the contract', async () => {
    const id = await reporting();
    const { status, body } = await get(`nodes/${id}/metrics/host`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      node_id: id,
      cluster_name: admin.tenant.clusterName,
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      cpu: {
        cores: 4,
        load_1m: 1.2,
        load_5m: 1.1,
        load_15m: 0.9,
        usage_percent: 25.5,
        core_usage_percent: [10, 20, 30, 42],
      },
      memory: {
        total_bytes: 8_589_934_592,
        total_gb: 8,
        available_bytes: 2_147_483_648,
        available_gb: 2,
        used_bytes: 6_442_450_944,
        used_gb: 6,
        usage_percent: 75,
      },
      swap: { total_bytes: 0, used_bytes: 0, usage_percent: null },
      disk: { total_gb: 100, available_gb: 40, used_gb: 60, usage_percent: 60 },
      disks: [
        { mount: '/data', device: '/dev/sdb1', file_system: 'xfs', total_gb: 1024, usage_percent: 50 },
        { mount: '/', device: '/dev/sda1', file_system: 'ext4', total_gb: 100, usage_percent: 60 },
      ],
      network: [{ interface: 'eth0', received_bytes: 1000, sent_bytes: 2000, receive_errors: 1, send_errors: 0 }],
      uptime: { seconds: 90_061, human: '1d 1h 1m' },
      processes: { total: 120, runnable: 2 },
      temperatures: [{ sensor: 'coretemp Package id 0', celsius: 48.5 }],
    });
  });

  test('of its daemon have what it counts, and null for what it does not', async () => {
    const id = await reporting();
    const { body } = await get(`nodes/${id}/metrics/agent`);
    expect(body.data).toMatchObject({
      node_id: id,
      application: {
        memory_total_bytes: 83_886_080,
        memory_total_mb: 80,
        cpu_seconds_total: 12.5,
        uptime_seconds: 19_500,
        uptime_human: '5h 25m',
        memory_ets_bytes: null,
        process_count: null,
      },
      commands: { enqueued_total: 10, completed_total: 5, reported_total: 4, synced_total: null },
      oban_queues: [{ queue: 'executions', available: 3, executing: 2, completed: 5, discarded: 0, retryable: 0 }],
      spool: { unconfirmed: 1, spooled_bytes: 4096, journal_bytes: 512 },
      proxy: { http_blocked_by_reason: null, tunnels_closed_total: null },
      vpn: { pulls_total: null },
    });
    expect(body.meta.request_id).toEqual(expect.any(String));
  });

  test('are both halves in one answer', async () => {
    const id = await reporting();
    const [{ body: host }, { body: agent }, { body: both }] = await Promise.all([
      get(`nodes/${id}/metrics/host`),
      get(`nodes/${id}/metrics/agent`),
      get(`nodes/${id}/metrics`),
    ]);
    expect({ ...both.data.host, ...both.data.agent, node_id: id }).toMatchObject({
      available: true,
      cpu: host.cpu,
      disk: host.disk,
      application: agent.data.application,
    });
    expect(both.data.timestamp).toBe(host.timestamp);
  });

  test('of a host that has no figures are its daemon alone', async () => {
    const id = await reporting({ ...METRICS, host: null });
    const { body } = await get(`nodes/${id}/metrics`);
    expect(body.data.host).toEqual({ available: false });
    expect(body.data.agent.available).toBe(true);
    expect((await get(`nodes/${id}/metrics/host`)).body.error.code).toBe('service_unavailable');
    expect((await get(`nodes/${id}/metrics/agent`)).status).toBe(200);
  });

  test('with nothing but a few figures are null in all others', async () => {
    const nothing = { memory: null, swap: null, disks: [], uptimeSeconds: null, cores: null };
    const id = await reporting({ ...METRICS, host: { ...METRICS.host, ...nothing } });
    const { body } = await get(`nodes/${id}/metrics/host`);
    for (const part of [body.memory, body.disk]) expect(new Set(Object.values(part))).toEqual(new Set([null]));
    expect([body.uptime, body.cpu.cores]).toEqual([{ seconds: null, human: null }, null]);
  });
});

describe('for Prometheus', () => {
  test('every node is discovered, and its path answers in the text format', async () => {
    const id = await reporting();
    for (const [type, line] of [
      ['host', 'node_load1 1.2\n'],
      ['agent', 'garrison_daemon_executions{state="running"} 2\n'],
    ]) {
      const { status, body } = await get(`nodes/metrics/${type}/discovery`, METRICS_KEY);
      expect(status).toBe(200);
      const found = body.find((target: { labels: { node_id: string } }) => target.labels.node_id === id);
      expect(found).toMatchObject({
        targets: ['relay.example.com:443'],
        labels: { __scheme__: 'https', cluster: admin.tenant.clusterName, job: `node-${type}-metrics` },
      });
      const text = await admin.call('GET', found.labels.__metrics_path__, { as: METRICS_KEY });
      expect([text.statusCode, text.headers['content-type']]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
      ]);
      expect(text.body).toContain(line);
    }
  });

  test('a node that is silent stays a target and is 503, so that its scrape fails', async () => {
    const [node] = await admin.connect([{ name: 'quiet' }]);
    const { body } = await get('nodes/metrics/host/discovery');
    expect(JSON.stringify(body)).toContain(node?.nodeId);
    expect((await get(`nodes/${node?.nodeId}/metrics/host/raw`)).status).toBe(503);
    expect((await get(`nodes/${crypto.randomUUID()}/metrics/host/raw`)).status).toBe(404);
  });
});

describe('metrics that are not there', () => {
  test('because the node never told any are unavailable', async () => {
    const [node] = await admin.connect([{ name: 'silent' }]);
    const answers = await Promise.all(PARTS.map((part) => get(`nodes/${node?.nodeId}/metrics${part}`)));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 200]);
    expect(answers[0]?.body.error).toMatchObject({ code: 'service_unavailable' });
    expect(answers[2]?.body.data).toMatchObject({ host: { available: false }, agent: { available: false } });
  });

  test('because the node told them more than five minutes ago are unavailable', async () => {
    const id = await reporting();
    const age = (interval: string) =>
      admin.database.db.execute(sql`
        update node_metrics set received_at = now() - ${interval}::interval where node_id = ${id}`);
    await age('290 seconds');
    expect((await get(`nodes/${id}/metrics/host`)).status).toBe(200);
    await age('301 seconds');
    const answers = await Promise.all(PARTS.map((part) => get(`nodes/${id}/metrics${part}`)));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 200]);
    expect(answers[2]?.body.data.host).toEqual({ available: false });
  });

  test.each(PARTS)('because there is no such node are 404: /metrics%s', async (part) => {
    const { status, body } = await get(`nodes/${crypto.randomUUID()}/metrics${part}`);
    expect([status, body.error.code]).toEqual([404, 'not_found']);
    expect((await get(`nodes/not-an-id/metrics${part}`)).status).toBe(400);
  });

  test('because the node was deleted are 404, and nothing of them is kept', async () => {
    const id = await reporting();
    expect((await admin.call('DELETE', `/api/v1/nodes/${id}`)).statusCode).toBe(204);
    expect((await get(`nodes/${id}/metrics/host`)).status).toBe(404);
    expect(await admin.database.db.query(sql`select from node_metrics where node_id = ${id}`)).toEqual([]);
  });
});

test('the metrics of an admin are those of the process that answers, and of its share', async () => {
  const before = (await get('admins/me/metrics')).body.data;
  const [node] = await admin.connect([{ name: 'worker' }]);
  const targeting = { type: 'nodes', node_ids: [node?.nodeId] };
  await admin.call('POST', '/api/v1/commands', { body: { command_text: 'true', targeting } });
  await expect
    .poll(async () => (await get('admins/me/metrics')).body.data.commands)
    .toMatchObject({
      execution_delivered_total: before.commands.execution_delivered_total + 1,
      execution_completed_total: before.commands.execution_completed_total + 1,
      expiration_total: null,
    });
  const { status, body } = await get('admins/me/metrics');
  expect(status).toBe(200);
  expect(body.data).toMatchObject({
    sessions: { open: before.sessions.open + 1 },
    event_broker: { enabled: false, publishes_total: 0 },
    metadata: { degraded: false, orphaned_clusters: 0, recomputations_total: null },
    oban_queues: [],
    webhook: { deliveries_total: 0 },
  });
  expect(body.data.metadata.assigned_clusters).toBeGreaterThanOrEqual(2); // the tenant's and the stranger's
  expect(body.data.application.memory_total_bytes).toBeGreaterThan(10 * 2 ** 20);
});

describe('who may read metrics', () => {
  test('METRICS_KEY opens them and nothing else', async () => {
    const id = await reporting();
    for (const path of ['admins/me/metrics', ...PARTS.map((part) => `nodes/${id}/metrics${part}`)]) {
      expect([path, (await get(path, METRICS_KEY)).status]).toEqual([path, 200]);
    }
    for (const path of ['admins/me', 'nodes', `nodes/${id}`, 'clusters']) {
      expect([path, (await get(path, METRICS_KEY)).status]).toEqual([path, 403]);
    }
  });

  test('a token for reading opens them, one for SSH secrets alone does not', async () => {
    const id = await reporting();
    const path = `nodes/${id}/metrics/host`;
    expect((await get(path, await admin.token(['edge-admin.read']))).status).toBe(200);
    expect((await get(path, await admin.token(['edge-admin.metrics']))).status).toBe(200);
    expect((await get(path, await admin.token(['nodes:secrets']))).status).toBe(403);
  });
});
