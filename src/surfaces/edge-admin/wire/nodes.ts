import { Type } from 'typebox';
import { NODE_HEALTH } from '#core/nodes/health.ts';
import { clusterName, instant, nullable, nullableInstant, oneOf, times, uuid } from './shapes.ts';

/** What became of the newest order to the node to update itself. */
const LastUpdate = Type.Object({
  request_id: uuid('Self-update request'),
  version: nullable(Type.String(), { description: 'That it was to go to, where the request names one' }),
  state: oneOf(['waiting', 'under_way', 'updated', 'failed'], 'How it stands'),
  code: nullable(Type.String(), { description: 'Of a failure; stable, see the page of error codes' }),
  message: nullable(Type.String(), { description: 'Why it failed, or was left for the version before' }),
  at: instant('When this last changed'),
});

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
  ssh_host_keys: Type.Array(Type.String(), {
    description: 'Extension: of its SSH server, each as a line of known_hosts has it behind the name',
  }),
  host_metrics_port: port('Metrics of the host'),
  wireguard_metrics_port: port('Metrics of the overlay'),
  http_proxy_port: port('HTTP proxy'),
  socks5_proxy_port: port('SOCKS5 proxy'),
  api_token: Type.String({ description: '`********` without the scope nodes:secrets' }),
  proxy_password: Type.String({ description: '`********` without the scope nodes:secrets' }),
  netmaker_host_id: nullable(uuid('Host id in the overlay')),
  last_seen_at: nullableInstant('Last sign of life'),
  last_update: Type.Optional(
    nullable(LastUpdate, {
      description: 'Extension, in the answer about one node; null: it was not asked to update itself',
    }),
  ),
  ...times,
});

export const NodeRemoval = Type.Object({
  even_degraded: Type.Optional(
    Type.Boolean({ description: 'Extension: remove the node although there are more nodes than capacity; audited' }),
  ),
});

export const ChangeCluster = Type.Object({ cluster_name: clusterName('Where the node goes') });
