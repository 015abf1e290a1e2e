/** Every list of the contract: its names for the fields that core's lists have. Core's fields do not depend on the clock. */
import { aliasList } from '#core/aliases/alias-list.ts';
import { clusterList } from '#core/clusters/cluster-list.ts';
import { commandExecutionList, commandList } from '#core/commands/command-lists.ts';
import { keyList } from '#core/enrolment/page-keys.ts';
import { nodeList } from '#core/nodes/page-nodes.ts';
import { sshPublicKeyList, sshUsernameList } from '#core/ssh/ssh-lists.ts';
import { updateList } from '#core/updates/update-list.ts';
import { deliveryList } from '#core/webhooks/delivery-store.ts';
import { webhookList } from '#core/webhooks/webhook-list.ts';
import { EXIT_CODES, STATUS_OF } from '../executions.ts';
import { UPDATE_STATUS_OF } from '../self-updates.ts';
import { defineGrammar } from './list-grammar.ts';

const AT_ANY_TIME = new Date(0);

const times = { createdAt: 'inserted_at', updatedAt: 'updated_at' } as const;

export const clusters = defineGrammar(clusterList.fields, {
  name: 'name',
  ipv4Range: 'ipv4_range',
  nodeLimit: 'node_limit',
  hasNodeLimit: 'has_node_limit',
  nodeCount: 'node_count',
  ...times,
});

export const enrollmentKeys = defineGrammar(keyList(AT_ANY_TIME).fields, {
  clusterName: 'cluster_name',
  name: 'name',
  hasName: 'has_name',
  key: 'key',
  usesRemaining: 'uses_remaining',
  isUnlimited: 'is_unlimited',
  isSpent: 'is_spent',
  isExpired: 'is_expired',
  isNeverUsed: 'is_never_used',
  hasExpiry: 'has_expiry',
  expiresAt: 'expired_at',
  lastUsedAt: 'last_used_at',
  ...times,
});

export const nodes = defineGrammar(nodeList(AT_ANY_TIME, { staleAfterMs: 0 }).fields, {
  idType: { name: 'id_type', words: { persistent: 'persistent', random: 'random' } },
  health: { name: 'status', words: { healthy: 'healthy', unhealthy: 'unhealthy', unreachable: 'unreachable' } },
  version: 'version',
  isSelfUpdateEnabled: 'self_update_enabled',
  clusterName: 'cluster_name',
  lastSeenAt: 'last_seen_at',
  ...times,
});

export const aliases = defineGrammar(aliasList.fields, {
  name: 'name',
  nodeId: 'node_id',
  clusterName: 'cluster_name',
  ...times,
});

export const commands = defineGrammar(commandList.fields, {
  text: 'command_text',
  hasTimeout: 'has_timeout',
  hasDeadline: 'has_expired_at',
  timeoutMs: 'timeout',
  deadlineAt: 'expired_at',
  ...times,
});

export const commandExecutions = defineGrammar(commandExecutionList(EXIT_CODES).fields, {
  stage: { name: 'status', words: STATUS_OF },
  isForAll: 'target_all',
  exitCode: 'exit_code',
  hasOutput: 'has_output',
  commandId: 'command_id',
  nodeId: 'node_id',
  output: 'output',
  clusterName: 'cluster_name',
  hasCluster: 'has_cluster',
  sentAt: 'sent_at',
  endedAt: 'completed_at',
  cancelledAt: 'cancelled_at',
  ...times,
});

export const sshUsernames = defineGrammar(sshUsernameList.fields, {
  username: 'username',
  nodeId: 'node_id',
  hasPassword: 'has_password',
  clusterName: 'cluster_name',
  ...times,
});

export const sshPublicKeys = defineGrammar(sshPublicKeyList.fields, {
  name: 'key_name',
  publicKey: 'public_key',
  sshUsernameId: 'ssh_username_id',
  nodeId: 'node_id',
  username: 'username',
  clusterName: 'cluster_name',
  ...times,
});

export const selfUpdates = defineGrammar(updateList.fields, {
  stage: { name: 'status', words: UPDATE_STATUS_OF },
  ...times,
});

export const webhooks = defineGrammar(webhookList.fields, { url: 'url', type: 'event_type', ...times });

export const deliveries = defineGrammar(deliveryList.fields, {
  eventId: 'event_id',
  type: 'event_type',
  outcome: {
    name: 'outcome',
    words: {
      delivered: 'delivered',
      refused: 'refused',
      failed: 'failed',
      exhausted: 'exhausted',
      outdated: 'outdated',
      forgotten: 'forgotten',
    },
  },
  word: 'word',
  createdAt: 'inserted_at',
});
