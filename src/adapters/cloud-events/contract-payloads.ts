/** The payloads of the contract of Edge Admin (`edge-admin.asyncapi.json`), out of those of the catalogue. Pure. */
import type { CommandExecutionFacts, EventPayloads, NodeSnapshot } from '#core/events/catalogue.ts';
import type { ExecutionStage } from '#core/executions/stage.ts';
import type { ContractType } from './published-types.ts';

/** As it comes back from the database: what was an instant is a text. */
type Stored<T> = {
  readonly [Key in keyof T]: T[Key] extends Date ? string : T[Key] extends Date | null ? string | null : T[Key];
};

type StoredPayload<Type extends ContractType> = Stored<EventPayloads[Type]> &
  (Type extends `node.${string}` ? { readonly node?: Stored<NodeSnapshot> } : unknown);

type Writers = { readonly [Type in ContractType]: (data: StoredPayload<Type>) => Readonly<Record<string, unknown>> };

const WRITERS: Writers = {
  'enrollment_key.verified': (data) => ({
    enrollment_key_id: data.enrollmentKeyId,
    cluster_name: data.clusterName,
    name: data.name,
    uses_remaining: data.usesRemaining,
    result: data.result,
    verified_at: instant(data.verifiedAt),
  }),
  'node.registered': writeNode,
  'node.reregistered': writeNode,
  'node.version_changed': (data) => ({ ...writeNode(data), previous_version: data.previousVersion }),
  'node.status_changed': (data) => ({ ...writeNode(data), previous_status: data.previousHealth }),
  'node.cluster_changed': (data) => ({ ...writeNode(data), previous_cluster_name: data.previousClusterName }),
  'node.update_triggered': (data) => ({ ...writeNode(data), self_update_request_id: data.selfUpdateRequestId }),
  'command_execution.created': writeExecution,
  'command_execution.sent': writeExecution,
  'command_execution.completed': writeExecution,
  'command_execution.cancelled': writeExecution,
  'command_execution.expired': writeExecution,
  'command_execution.pruned': writeExecution,
  'ssh_username.verified': (data) => ({
    ssh_username_id: data.sshUsernameId,
    node_id: data.nodeId,
    cluster_name: data.clusterName,
    username: data.username,
    auth_method: data.method === 'key' ? 'public_key' : data.method,
    result: data.isRight ? 'success' : 'failure',
    verified_at: instant(data.verifiedAt),
  }),
  'self_update_request.completed': (data) => ({
    self_update_request_id: data.selfUpdateRequestId,
    status: 'completed',
    targeting: data.targeting,
    summary: data.summary,
    inserted_at: instant(data.createdAt),
    updated_at: instant(data.updatedAt),
  }),
};

export function isContractType(type: string): type is ContractType {
  return Object.hasOwn(WRITERS, type);
}

export function writeContractPayload(
  type: ContractType,
  data: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const write = WRITERS[type] as (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>; // of this very type
  return write(data);
}

/** Where the node is gone by now, nothing is known of it but what the event itself says. */
function writeNode(data: { readonly node?: Stored<NodeSnapshot>; readonly nodeId?: string }) {
  const { node } = data;
  if (node === undefined) return { node_id: data.nodeId ?? '', cluster_name: '', status: 'unreachable' };
  return {
    node_id: node.nodeId,
    cluster_name: node.clusterName,
    status: node.health,
    version: node.version,
    id_type: node.idType,
    http_port: node.ports.http ?? 0,
    ssh_port: node.ports.ssh ?? 0,
    host_metrics_port: node.ports.host_metrics ?? 0,
    wireguard_metrics_port: node.ports.wireguard_metrics ?? 0,
    http_proxy_port: node.ports.http_proxy ?? 0,
    socks5_proxy_port: node.ports.socks5_proxy ?? 0,
    self_update_enabled: node.isSelfUpdateEnabled,
    last_seen_at: instant(node.lastSeenAt),
    inserted_at: instant(node.enrolledAt),
    updated_at: instant(node.updatedAt),
  };
}

const STATUS: Readonly<Record<ExecutionStage, string>> = {
  queued: 'pending',
  sent: 'sent',
  ended: 'completed',
  cancelled: 'cancelled',
  expired: 'expired',
};

function writeExecution(data: Stored<CommandExecutionFacts>) {
  const exitCode = exitCodeOf(data);
  const wasRunning = data.stage === 'ended' || (data.stage === 'cancelled' && exitCode !== null);
  return {
    command_execution_id: data.executionId,
    command_id: data.commandId,
    node_id: data.nodeId ?? '',
    cluster_name: data.clusterName ?? '',
    command_text: data.commandText,
    timeout: data.timeoutMs,
    status: STATUS[data.stage],
    exit_code: exitCode,
    target_all: data.isForAll,
    expired_at: instant(data.deadlineAt),
    sent_at: instant(data.sentAt),
    completed_at: wasRunning ? instant(data.endedAt) : null,
    cancelled_at: data.stage === 'cancelled' ? instant(data.endedAt) : null,
    inserted_at: instant(data.createdAt),
    updated_at: instant(data.updatedAt),
  };
}

/** As the API shows it (`surfaces/edge-admin/executions.ts`): what `timeout(1)` and shells have where no process told one. */
function exitCodeOf({ outcome, exitCode, sentAt }: Stored<CommandExecutionFacts>): number | null {
  if (outcome === 'timed_out') return 124;
  if (outcome === 'cancelled' && sentAt !== null) return 143;
  if (outcome === 'failed' || outcome === 'interrupted') return exitCode ?? 1;
  return exitCode;
}

function instant(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString();
}
