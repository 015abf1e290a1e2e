import { Type } from 'typebox';
import { mapOf, nullableInstant, oneOf } from './shapes.ts';

const adminFields = {
  name: Type.String({ description: 'admin-{id}' }),
  max_wireguard_peers: Type.Integer({ description: 'Capacity for nodes and other admins together' }),
  admin_peer_count: Type.Integer({ description: 'The other admins' }),
  edge_node_capacity: Type.Integer({ description: 'What is left for nodes' }),
  erlang_node_name: Type.String({ description: 'admin@{vpn_hostname}' }),
  vpn_hostname: Type.String(),
  netmaker_host_id: Type.String({ description: 'Id of the controller (UUID)' }),
};

export const Admin = Type.Object({
  id: Type.String({ description: 'Made from the name of the controller' }),
  ...adminFields,
  admin_cluster_name: Type.String(),
  last_computed_at: nullableInstant('When these numbers were computed'),
});

export const MyAdminCluster = Type.Object({
  name: Type.String(),
  total_admins: Type.Integer(),
  total_nodes: Type.Integer({ description: 'Nodes of your own' }),
  total_edge_capacity: Type.Integer(),
  degraded: Type.Boolean({ description: 'More nodes than capacity' }),
  weak_leader: Type.String({ description: 'The first by name' }),
  topology: Type.Array(Type.Object(adminFields)),
});

const AdminClusterMember = Type.Object({
  name: Type.String(),
  vpn_hostname: Type.String(),
  netmaker_host_id: Type.String(),
  status: oneOf(['online', 'offline', 'disconnected'], 'Lease runs; lease has ended; stopped in order'),
  last_checked_in: nullableInstant('Last renewal of its lease'),
  ipv4_address: Type.Null(),
  wireguard_ip_address: Type.Null(),
  wireguard_port: Type.Null(),
  use_static_port: Type.Boolean(),
});

export const AdminClusters = Type.Array(
  Type.Object({
    name: Type.String(),
    ipv4_range: Type.String(),
    admin_count: Type.Integer(),
    admins: Type.Array(AdminClusterMember),
  }),
);

const nodeNames = Type.Array(Type.String({ description: 'node-{id}' }));

const ClusterNodes = mapOf(nodeNames, 'Network name → names of its nodes');

export const EdgeClusters = mapOf(ClusterNodes, 'Admin name → its clusters');

export const OrphanedClusters = ClusterNodes;
