/** Core to wire and back. Pure; core words become this surface's here. */
import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import type { Alias } from '#core/aliases/alias.ts';
import type { PopulatedCluster } from '#core/clusters/cluster.ts';
import { CONTROLLER_RANGE } from '#core/clusters/ipv4-range.ts';
import { clusterDomain, networkName, nodeHostname, nodeName, OVERLAY_DOMAIN } from '#core/clusters/network-names.ts';
import type { Command, CommandExecution } from '#core/commands/command.ts';
import { isActive, type KnownController } from '#core/controllers/known-controller.ts';
import { CONTROLLER_LEASE_MS } from '#core/controllers/lease.ts';
import type { ActiveController, AssignedCluster, Topology } from '#core/controllers/sharding-topology.ts';
import type { EnrollmentKey } from '#core/enrolment/enrollment-key.ts';
import type { CancelledExecution } from '#core/executions/cancel-execution.ts';
import { FleetError, notFound } from '#core/kernel/fleet-error.ts';
import { type Id, parseId } from '#core/kernel/ids.ts';
import { healthOf } from '#core/nodes/health.ts';
import type { Node } from '#core/nodes/node.ts';
import type { NodeSecrets } from '#core/nodes/node-secrets.ts';
import { type PresenceOptions, presenceOf } from '#core/nodes/presence.ts';
import type { SshPublicKey, SshUsername } from '#core/ssh/ssh-username.ts';
import type { UpdateWaves } from '#core/updates/start-update.ts';
import type { UpdateRequest } from '#core/updates/update-request.ts';
import { STATUS_OF } from './executions.ts';
import { readInstant } from './lists/read-instant.ts';
import { UPDATE_STATUS_OF } from './self-updates.ts';
import type * as Wire from './wire.ts';

// ---- what is read ---------------------------------------------------------------------------------------------------

/** The id in a path; a UUID we would never make is simply unknown. @throws FleetError `not_found`. */
export function readId<T extends Id<string>>(text: string, what: string): T {
  const id = parseId<T>(text);
  if (id === undefined) throw notFound(what);
  return id;
}

/** @throws FleetError `malformed` for what the schema lets pass and no database can hold (the year 0, a leap second). */
export function readDate(text: string, field: string): Date {
  const instant = readInstant(text);
  if (instant !== undefined) return new Date(instant);
  throw new FleetError('malformed', 'Invalid request parameters', {
    details: { [field]: ['Invalid format. Expected :date-time'] },
  });
}

// ---- clusters, keys, aliases ----------------------------------------------------------------------------------------

export function writeCluster(cluster: PopulatedCluster): Static<typeof Wire.Cluster> {
  const { id, name, ipv4Range, nodeLimit, nodes, createdAt, updatedAt } = cluster;
  return {
    id,
    name,
    ipv4_range: ipv4Range,
    node_limit: nodeLimit,
    node_count: nodes.length,
    nodes: nodes.map((node) => ({
      id: node.id,
      id_type: node.idType,
      status: healthOf(node.presence, node.isHealthy),
      vpn_hostname: nodeHostname(node.id, name),
    })),
    network_name: networkName(name),
    vpn_domain: clusterDomain(name),
    inserted_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

export function writeKey(key: EnrollmentKey): Static<typeof Wire.EnrollmentKey> {
  return {
    id: key.id,
    cluster_name: key.clusterName,
    key: key.key.reveal(),
    name: key.name,
    tags: [...key.tags],
    uses_remaining: key.usesRemaining,
    expired_at: writeInstant(key.expiresAt),
    last_used_at: writeInstant(key.lastUsedAt),
    inserted_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}

export function writeAlias(alias: Alias): Static<typeof Wire.Alias> {
  const { id, name, nodeId, clusterName, createdAt, updatedAt } = alias;
  return {
    id,
    name,
    vpn_hostname: nodeHostname(name, clusterName),
    node_id: nodeId,
    cluster_name: clusterName,
    inserted_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

// ---- nodes ----------------------------------------------------------------------------------------------------------

const MASKED = '********';

export interface NodeView {
  readonly now: Date;
  readonly presence: PresenceOptions;
  /** Undefined: the caller may not see them. */
  readonly secrets: NodeSecrets | undefined;
}

export function writeNode(node: Node, { now, presence, secrets }: NodeView): Static<typeof Wire.Node> {
  const { id, clusterName, ports } = node;
  return {
    id,
    node_name: nodeName(id),
    vpn_hostname: nodeHostname(id, clusterName),
    mdns_hostname: `${nodeName(id)}.local`,
    cluster_name: clusterName,
    id_type: node.idType,
    status: healthOf(presenceOf(node, now, presence).kind, node.isHealthy),
    version: node.version || null,
    self_update_enabled: node.isSelfUpdateEnabled,
    http_port: ports.http ?? 0,
    ssh_port: ports.ssh ?? 0,
    host_metrics_port: ports.host_metrics ?? 0,
    wireguard_metrics_port: ports.wireguard_metrics ?? 0,
    http_proxy_port: ports.http_proxy ?? 0,
    socks5_proxy_port: ports.socks5_proxy ?? 0,
    api_token: secrets?.apiToken.reveal() ?? MASKED,
    proxy_password: secrets?.proxyPassword.reveal() ?? MASKED,
    netmaker_host_id: node.overlayHostId,
    last_seen_at: writeInstant(node.lastSeenAt),
    inserted_at: node.enrolledAt.toISOString(),
    updated_at: node.updatedAt.toISOString(),
  };
}

// ---- commands -------------------------------------------------------------------------------------------------------

export function writeCommand(command: Command): Static<typeof Wire.Command> {
  const createdAt = command.createdAt.toISOString();
  return {
    id: command.id,
    command_text: command.text,
    targeting: command.targeting as Wire.Targeting, // as this surface has read it
    timeout: command.timeoutMs,
    expired_at: writeInstant(command.deadlineAt),
    inserted_at: createdAt,
    updated_at: createdAt,
    command_sha256: command.commandSha256,
    created_by: command.caller,
  };
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function writeExecution(execution: CommandExecution): Static<typeof Wire.CommandExecution> {
  const { stage, sentAt, endedAt } = execution;
  const wasRunning = stage === 'ended' || (stage === 'cancelled' && execution.exitCode !== null);
  return {
    id: execution.id,
    command_id: execution.commandId,
    node_id: execution.nodeId,
    command_text: execution.commandText,
    cluster_name: execution.clusterName,
    target_all: execution.isForAll,
    status: STATUS_OF[stage],
    exit_code: execution.exitCode,
    output: execution.output && utf8.decode(execution.output),
    timeout: execution.timeoutMs,
    expired_at: writeInstant(execution.deadlineAt),
    sent_at: writeInstant(sentAt),
    completed_at: wasRunning ? writeInstant(endedAt) : null,
    cancelled_at: stage === 'cancelled' ? writeInstant(endedAt) : null,
    inserted_at: execution.createdAt.toISOString(),
    updated_at: execution.updatedAt.toISOString(),
  };
}

const CANCELLATION: Readonly<Record<CancelledExecution, string>> = {
  ended: 'execution cancelled',
  requested: 'cancellation request sent',
};

export function writeCancellation(cancelled: CancelledExecution): Static<typeof Wire.Cancellation> {
  return { result: CANCELLATION[cancelled] };
}

// ---- self-updates -----------------------------------------------------------------------------------------------------

const DAY_SECONDS = 86_400;

export function readWaves({ waves }: Wire.SelfUpdateCreate): UpdateWaves | undefined {
  if (waves === undefined) return undefined;
  const { batch, stop_after: stopAfter = 1, within_seconds: within = DAY_SECONDS } = waves;
  return { batch, stopAfter, withinMs: within * 1_000 };
}

export function writeSelfUpdate(request: UpdateRequest): Static<typeof Wire.SelfUpdate> {
  return {
    id: request.id,
    targeting: request.targeting as Wire.Targeting, // as this surface has read it
    status: UPDATE_STATUS_OF[request.stage],
    summary: request.summary,
    failures: request.failures.map(({ nodeId, nodeName, code, message }) => ({
      node_id: nodeId,
      node_name: nodeName,
      code,
      message,
    })),
    inserted_at: request.createdAt.toISOString(),
    updated_at: request.updatedAt.toISOString(),
  };
}

// ---- SSH -------------------------------------------------------------------------------------------------------------

export function writeSshUsername(user: SshUsername): Static<typeof Wire.SshUsername> {
  return {
    id: user.id,
    node_id: user.nodeId,
    username: user.username,
    has_password: user.hasPassword,
    public_keys: user.publicKeys.map(writeSshPublicKey),
    inserted_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

export function writeSshPublicKey(key: SshPublicKey): Static<typeof Wire.SshPublicKey> {
  return {
    id: key.id,
    ssh_username_id: key.sshUsernameId,
    key_name: key.name,
    public_key: key.publicKey,
    inserted_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}

// ---- admins ---------------------------------------------------------------------------------------------------------

/**
 * The id of a controller as a part of host names: its own name, where that is one already; else what is left of it and
 * four digits that tell it from others of which the same is left.
 */
export function adminId({ name }: { readonly name: string }): string {
  if (/^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/.test(name)) return name;
  const rest = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  return `${rest || 'x'}-${createHash('sha256').update(name).digest('hex').slice(0, 4)}`;
}

export function adminName(controller: { readonly name: string }): string {
  return `admin-${adminId(controller)}`;
}

export function adminClusterNetwork(adminClusterName: string): string {
  return `admin-cluster-${adminClusterName}`;
}

function writeAdminFields(controller: ActiveController, adminClusterName: string) {
  const name = adminName(controller);
  const vpnHostname = `${name}.${adminClusterNetwork(adminClusterName)}.${OVERLAY_DOMAIN}`;
  return {
    name,
    max_wireguard_peers: controller.capacity,
    admin_peer_count: controller.peerCount,
    edge_node_capacity: controller.nodeCapacity,
    erlang_node_name: `admin@${vpnHostname}`,
    vpn_hostname: vpnHostname,
    netmaker_host_id: controller.id,
  };
}

export function writeAdmin(
  controller: ActiveController,
  adminClusterName: string,
  computedAt: Date,
): Static<typeof Wire.Admin> {
  return {
    id: adminId(controller),
    ...writeAdminFields(controller, adminClusterName),
    admin_cluster_name: adminClusterNetwork(adminClusterName),
    last_computed_at: computedAt.toISOString(),
  };
}

/** With the caller's own nodes: how many all tenants have together is nobody's business but the operator's. */
export function writeMyAdminCluster(
  topology: Topology,
  ownNodes: number,
  adminClusterName: string,
): Static<typeof Wire.MyAdminCluster> {
  return {
    name: adminClusterNetwork(adminClusterName),
    total_admins: topology.controllers.length,
    total_nodes: ownNodes,
    total_edge_capacity: topology.totalCapacity,
    degraded: topology.isDegraded,
    weak_leader: topology.weakLeader === undefined ? '' : adminName(topology.weakLeader),
    topology: topology.controllers.map((controller) => writeAdminFields(controller, adminClusterName)),
  };
}

export function writeAdminClusters(
  controllers: readonly KnownController[],
  adminClusterName: string,
  now: Date,
): Static<typeof Wire.AdminClusters> {
  const network = adminClusterNetwork(adminClusterName);
  const admins = controllers.map((controller) => writeMember(controller, network, now));
  return [{ name: network, ipv4_range: CONTROLLER_RANGE, admin_count: admins.length, admins }];
}

/** Controllers have no address in the overlay: what would be theirs is null, and no port of theirs is fixed. */
function writeMember(controller: KnownController, network: string, now: Date) {
  const name = adminName(controller);
  const lastRenewal = controller.stoppedAt ?? new Date(controller.leaseUntil.getTime() - CONTROLLER_LEASE_MS);
  return {
    name,
    vpn_hostname: `${name}.${network}.${OVERLAY_DOMAIN}`,
    netmaker_host_id: controller.id,
    status: memberStatus(controller, now),
    last_checked_in: lastRenewal.toISOString(),
    ipv4_address: null,
    wireguard_ip_address: null,
    wireguard_port: null,
    use_static_port: false,
  };
}

function memberStatus(controller: KnownController, now: Date): 'online' | 'offline' | 'disconnected' {
  if (controller.stoppedAt !== null) return 'disconnected';
  return isActive(controller, now) ? 'online' : 'offline';
}

/** Every admin, also those without clusters. */
export function writeEdgeClusters(
  { controllers }: Topology,
  clusters: readonly AssignedCluster[],
): Static<typeof Wire.EdgeClusters> {
  const entries = controllers.map((controller) => {
    const own = clusters.filter((cluster) => cluster.controllerId === controller.id);
    return [adminName(controller), writeClusterNodes(own)] as const;
  });
  return Object.fromEntries(entries);
}

export function writeClusterNodes(clusters: readonly AssignedCluster[]): Static<typeof Wire.OrphanedClusters> {
  return Object.fromEntries(clusters.map(({ name, nodeIds }) => [networkName(name), nodeIds.map(nodeName)]));
}

function writeInstant(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString();
}
