import { Type } from 'typebox';
import { NODE_HEALTH } from '#core/nodes/health.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { clusterName, MAX_INT, nullable, oneOf, times, uuid } from './shapes.ts';

const CIDR = '^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\/\\d{1,2}$';

const nodeLimit = (description: string) => nullable(Type.Integer({ minimum: 1, maximum: MAX_INT }), { description });

export const ClusterCreate = Type.Object({
  name: clusterName('Primary identifier; `default` is reserved'),
  ipv4_range: Type.Optional(
    nullable(Type.String({ pattern: pattern(CIDR, 'a range such as 100.64.1.0/24'), maxLength: MAX_LENGTH.name }), {
      description: 'CIDR range; the first free /24 of 100.64.0.0/10 when there is none',
    }),
  ),
  node_limit: Type.Optional(nodeLimit('Most nodes allowed; null: no limit')),
});

export const ClusterUpdate = Type.Object({ node_limit: Type.Optional(nodeLimit('Null takes the limit away')) });

const NodeSummary = Type.Object({
  id: uuid('Node id'),
  id_type: oneOf(['persistent', 'random'], 'How the id came about'),
  status: oneOf(NODE_HEALTH, 'Node status'),
  vpn_hostname: Type.String({ description: 'Name of the node in the overlay' }),
});

export const Cluster = Type.Object({
  id: uuid('Unique; the name is what operations take'),
  name: clusterName('Primary identifier'),
  ipv4_range: Type.String({ description: 'CIDR range' }),
  node_limit: nullable(Type.Integer(), { description: 'Most nodes allowed; null: no limit' }),
  node_count: Type.Integer({ description: 'Nodes in the cluster' }),
  nodes: Type.Array(NodeSummary, { description: 'All of them, by name' }),
  network_name: Type.String({ description: 'Name of the network' }),
  vpn_domain: Type.String({ description: 'Domain of the names of its nodes' }),
  ...times,
});
