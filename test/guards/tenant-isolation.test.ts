import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { OPERATIONS } from './all-surfaces.ts';
import { strangersAnswers } from './tenant-isolation.ts';

const ALL_SCOPES = ['edge-admin.read', 'edge-admin.write', 'nodes:secrets'];
const SSH_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

let admin: EdgeAdminApp;
beforeAll(async () => {
  admin = await edgeAdminApp();
});
afterAll(() => admin.close());

test('edge-admin: what belongs to another tenant is as unknown as what does not exist', async () => {
  const [node] = await admin.connect([{ name: 'mine' }], () => {});
  const nodeId = node?.nodeId ?? '';
  const make = async (path: string, body: object): Promise<{ id: string; name: string }> => {
    const answer = await admin.call('POST', path, { body });
    expect([path, answer.statusCode]).toEqual([path, 201]);
    return answer.json().data;
  };
  const cluster = await make('/api/v1/clusters', { name: 'isolated' });
  const key = await make('/api/v1/clusters/isolated/enrollment_keys', {});
  const alias = await make(`/api/v1/nodes/${nodeId}/aliases`, { name: 'mine' });
  const user = await make(`/api/v1/nodes/${nodeId}/ssh_usernames`, { username: 'mine' });
  const sshKey = await make(`/api/v1/ssh_usernames/${user.id}/ssh_public_keys`, { key_name: 'k', public_key: SSH_KEY });
  const targeting = { type: 'nodes', node_ids: [nodeId] };
  const command = await make('/api/v1/commands', { command_text: 'sleep 60', targeting });
  const update = await make('/api/v1/self_update_requests', { targeting: { type: 'all' } });
  const executions = await admin.call('GET', `/api/v1/command_executions?command_id=${command.id}`);
  const execution = executions.json().data[0];
  const webhook = await make('/api/v1/webhooks', {
    ...{ url: 'http://127.0.0.1:1/', secret: 'x'.repeat(32), subscribed_events: ['edge.node.registered'] },
  });
  const stranger = await admin.token(ALL_SCOPES, admin.stranger);

  const wrong = await strangersAnswers({
    operations: OPERATIONS.filter(({ surface }) => surface.name === 'edge-admin').map(({ operation }) => operation),
    params: {
      '/api/v1/clusters/{name}': { name: cluster.name },
      '/api/v1/clusters/{cluster_name}/enrollment_keys': { cluster_name: cluster.name },
      '/api/v1/enrollment_keys/{id}': { id: key.id },
      '/api/v1/nodes/{id}': { id: nodeId },
      '/api/v1/nodes/{id}/change_cluster': { id: nodeId },
      '/api/v1/nodes/{node_id}/aliases': { node_id: nodeId },
      '/api/v1/nodes/{node_id}/metrics': { node_id: nodeId },
      '/api/v1/nodes/{node_id}/metrics/host': { node_id: nodeId },
      '/api/v1/nodes/{node_id}/metrics/agent': { node_id: nodeId },
      '/api/v1/nodes/{node_id}/metrics/host/raw': { node_id: nodeId },
      '/api/v1/nodes/{node_id}/metrics/agent/raw': { node_id: nodeId },
      '/api/v1/aliases/{id}': { id: alias.id },
      '/api/v1/nodes/{node_id}/ssh_usernames': { node_id: nodeId },
      '/api/v1/ssh_usernames/{id}': { id: user.id },
      '/api/v1/ssh_usernames/{ssh_username_id}/ssh_public_keys': { ssh_username_id: user.id },
      '/api/v1/ssh_public_keys/{id}': { id: sshKey.id },
      '/api/v1/commands/{id}': { id: command.id },
      '/api/v1/self_update_requests/{id}': { id: update.id },
      '/api/v1/command_executions/{id}': { id: execution.id },
      '/api/v1/command_executions/{id}/cancel': { id: execution.id },
      '/api/v1/webhooks/{id}': { id: webhook.id },
      '/api/v1/webhooks/{id}/deliveries': { id: webhook.id },
      '/api/v1/webhooks/{id}/redeliver': { id: webhook.id },
      '/api/v1/webhooks/{id}/test': { id: webhook.id },
      '/api/v1/webhooks/{id}/pause': { id: webhook.id },
      '/api/v1/webhooks/{id}/resume': { id: webhook.id },
      '/api/v1/webhooks/{id}/rotate_secret': { id: webhook.id },
    },
    bodies: {
      redeliverToWebhook: { since: '2026-01-01T00:00:00Z' },
      rotateWebhookSecret: { secret: 'y'.repeat(32) },
      updateCluster: { node_limit: 5 },
      createEnrollmentKey: {},
      updateEnrollmentKey: { uses_remaining: 5 },
      changeNodeCluster: { cluster_name: admin.stranger.clusterName },
      createAlias: { name: 'stolen' },
      createSshUsername: { username: 'stolen' },
      createSshPublicKey: { key_name: 'stolen', public_key: SSH_KEY },
    },
    exempt: {},
    async ask(method, path, body) {
      const answer = await admin.call(method as 'GET', path, { as: stranger, body });
      return { status: answer.statusCode, text: answer.body };
    },
  });
  expect(wrong).toEqual([]);
});

test('edge-admin: what another tenant calls its things, and where it puts them, stands in nobody’s way', async () => {
  const stranger = await admin.token(ALL_SCOPES, admin.stranger);
  const cluster = { name: 'same', ipv4_range: '198.18.5.0/24' };
  const mine = await admin.call('POST', '/api/v1/clusters', { body: cluster });
  const theirs = await admin.call('POST', '/api/v1/clusters', { as: stranger, body: cluster });
  expect([mine.statusCode, theirs.statusCode]).toEqual([201, 201]);
  expect(theirs.json().data.id).not.toBe(mine.json().data.id);

  const refusals = [
    { name: 'same' }, // the name
    { name: 'beside', ipv4_range: '198.18.4.0/23' }, // the range
    { name: 'at-the-end', ipv4_range: '100.127.255.0/24' }, // what is kept
  ];
  for (const body of refusals) {
    const answers = [];
    for (const as of [undefined, stranger])
      answers.push(await admin.call('POST', '/api/v1/clusters', { ...(as && { as }), body }));
    expect(answers.map((answer) => answer.statusCode)).toEqual([409, 409]);
    const [own, other] = answers.map((answer) => answer.json().error);
    expect(other).toEqual(own);
    for (const id of [mine.json().data.id, admin.tenant.clusterName, admin.tenant.slug, admin.tenant.tenantId])
      expect(answers[1]?.body).not.toContain(id);
  }

  const keys = await admin.call('POST', '/api/v1/clusters/same/enrollment_keys', { as: stranger, body: {} });
  expect(keys.statusCode).toBe(201);
  const own = await admin.call('GET', '/api/v1/admins/my_admin_cluster', { as: stranger });
  expect(own.json().data.total_nodes).toBe(0);
  const figures = await admin.call('GET', '/api/v1/admins/me/metrics', { as: stranger });
  expect(figures.statusCode).toBe(403);
  for (const type of ['host', 'agent']) {
    const targets = await admin.call('GET', `/api/v1/nodes/metrics/${type}/discovery`, { as: stranger });
    expect([targets.statusCode, targets.json()]).toEqual([200, []]);
  }
});
