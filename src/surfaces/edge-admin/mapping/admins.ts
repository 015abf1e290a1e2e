import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import { CONTROLLER_RANGE } from '#core/clusters/ipv4-range.ts';
import { networkName, nodeName, OVERLAY_DOMAIN } from '#core/clusters/network-names.ts';
import { isActive, type KnownController } from '#core/controllers/known-controller.ts';
import { CONTROLLER_LEASE_MS } from '#core/controllers/lease.ts';
import type { ActiveController, AssignedCluster, Topology } from '#core/controllers/sharding-topology.ts';
import type * as Wire from '../wire/admins.ts';

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
