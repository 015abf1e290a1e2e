import type { Static } from 'typebox';
import type { PopulatedCluster } from '#core/clusters/cluster.ts';
import { clusterDomain, networkName, nodeHostname } from '#core/clusters/network-names.ts';
import { healthOf } from '#core/nodes/health.ts';
import type * as Wire from '../wire/clusters.ts';

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
