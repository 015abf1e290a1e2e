import { Type } from 'typebox';
import { NODE_HEALTH } from '#core/nodes/health.ts';
import { clusterName, nullable, nullableInstant, oneOf, times, uuid } from './shapes.ts';

const port = (description: string) => Type.Integer({ description: `${description}; 0: not offered` });

export const Node = Type.Object({
  id: uuid('Node id'),
  node_name: Type.String({ description: 'Derived from the id' }),
  vpn_hostname: Type.String({ description: 'Name in the overlay' }),
  mdns_hostname: Type.String({ description: 'Name on the local network' }),
  cluster_name: clusterName('Cluster it is in'),
  id_type: oneOf(['persistent', 'random'], 'How the id came about'),
  status: oneOf(NODE_HEALTH, 'Current status'),
  version: nullable(Type.String(), { description: 'Version of the daemon' }),
  self_update_enabled: Type.Boolean(),
  http_port: port('HTTP API'),
  ssh_port: port('SSH'),
  host_metrics_port: port('Metrics of the host'),
  wireguard_metrics_port: port('Metrics of the overlay'),
  http_proxy_port: port('HTTP proxy'),
  socks5_proxy_port: port('SOCKS5 proxy'),
  api_token: Type.String({ description: '`********` without the scope nodes:secrets' }),
  proxy_password: Type.String({ description: '`********` without the scope nodes:secrets' }),
  netmaker_host_id: nullable(uuid('Host id in the overlay')),
  last_seen_at: nullableInstant('Last sign of life'),
  ...times,
});

export const NodeRemoval = Type.Object({
  even_degraded: Type.Optional(
    Type.Boolean({ description: 'Remove the node although there are more nodes than capacity (extension; audited)' }),
  ),
});

export const ChangeCluster = Type.Object({ cluster_name: clusterName('Where the node goes') });
