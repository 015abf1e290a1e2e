import { EXAMPLE, EXAMPLE_SSH_KEY, type OperationExamples } from '#surfaces/http/examples.ts';

const cluster = { params: { name: EXAMPLE.cluster } };
const key = { params: { id: EXAMPLE.enrollmentKey } };
const node = { params: { id: EXAMPLE.node } };
const ofNode = { params: { node_id: EXAMPLE.node } };
const alias = { params: { id: EXAMPLE.alias } };
const command = { params: { id: EXAMPLE.command } };
const execution = { params: { id: EXAMPLE.execution } };
const update = { params: { id: EXAMPLE.selfUpdate } };
const sshUsername = { params: { id: EXAMPLE.sshUsername } };
const sshPublicKey = { params: { id: EXAMPLE.sshPublicKey } };
const webhook = { params: { id: EXAMPLE.webhook } };

export const examples: OperationExamples = {
  createCluster: { body: { name: EXAMPLE.cluster, ipv4_range: '100.77.0.0/24', node_limit: 50 } },
  listClusters: { query: { name: 'har*', page_size: 20 } },
  getCluster: cluster,
  updateCluster: { ...cluster, body: { node_limit: 100 } },
  deleteCluster: cluster,
  createDefaultEnrollmentKey: { body: { name: 'rack 4', uses_remaining: 12 } },
  createEnrollmentKey: {
    params: { cluster_name: EXAMPLE.cluster },
    body: { name: 'rack 5', tags: ['rack-5', 'web'], uses_remaining: 12, expired_at: '2099-01-01T00:00:00Z' },
  },
  listEnrollmentKeys: { query: { name: 'rack*' } },
  getEnrollmentKey: key,
  updateEnrollmentKey: { ...key, body: { uses_remaining: 3 } },
  deleteEnrollmentKey: key,
  listNodes: { query: { status: 'healthy', order_by: 'inserted_at', order_directions: 'desc' } },
  getNode: node,
  deleteNode: node,
  changeNodeCluster: { ...node, body: { cluster_name: EXAMPLE.cluster } },
  createAlias: { ...ofNode, body: { name: 'primary' } },
  listAliases: { query: { node_id: EXAMPLE.node } },
  getAlias: alias,
  deleteAlias: alias,
  createCommand: {
    body: { command_text: 'uptime', timeout: 60_000, targeting: { type: 'nodes', node_ids: [EXAMPLE.node] } },
  },
  listCommands: { query: { command_text: 'up*' } },
  getCommand: command,
  deleteCommand: command,
  listCommandExecutions: { query: { command_id: EXAMPLE.command, status: 'pending' } },
  getCommandExecution: execution,
  deleteCommandExecution: execution,
  cancelCommandExecution: execution,
  createSelfUpdateRequest: {
    body: { targeting: { type: 'all', node_filters: { version: '1.4.*' } }, waves: { canary_percent: 5, batch: 20 } },
  },
  listSelfUpdateRequests: { query: { status: 'completed' } },
  getSelfUpdateRequest: update,
  deleteSelfUpdateRequest: update,
  getNodeMetrics: ofNode,
  getNodeHostMetrics: ofNode,
  getNodeAgentMetrics: ofNode,
  getNodeHostMetricsText: ofNode,
  getNodeAgentMetricsText: ofNode,
  createSshUsername: { ...ofNode, body: { username: 'ada' } },
  listSshUsernames: { query: { username: 'ada' } },
  getSshUsername: sshUsername,
  deleteSshUsername: sshUsername,
  createSshPublicKey: {
    params: { ssh_username_id: EXAMPLE.sshUsername },
    body: { key_name: 'laptop', public_key: EXAMPLE_SSH_KEY },
  },
  listSshPublicKeys: { query: { ssh_username_id: EXAMPLE.sshUsername } },
  getSshPublicKey: sshPublicKey,
  deleteSshPublicKey: sshPublicKey,
  createWebhook: {
    body: {
      url: 'https://hooks.example.com/garrison',
      secret: 'a-secret-of-thirty-two-characters-or-more',
      subscribed_events: ['edge.node.registered', 'edge.command_execution.completed'],
    },
  },
  listWebhooks: { query: { event_type: 'edge.node.registered' } },
  getWebhook: webhook,
  deleteWebhook: webhook,
  listWebhookDeliveries: { ...webhook, query: { outcome: 'failed' } },
  redeliverToWebhook: { ...webhook, body: { since: '2026-03-01T00:00:00Z' } },
  testWebhook: webhook,
  pauseWebhook: { ...webhook, body: { reason: 'the receiver moves' } },
  resumeWebhook: webhook,
  rotateWebhookSecret: {
    ...webhook,
    body: { secret: 'another-secret-of-thirty-two-characters', overlap_seconds: 3_600 },
  },
  streamEvents: { query: {} },
};
