/**
 * What goes over the wire (seed 001), read and written through these schemas only. Unknown fields of bodies are ignored,
 * except in filters. Answers are described for the documents; `mapping.ts` makes them.
 */
import { type Static, type TSchema, type TSchemaOptions, Type } from 'typebox';
import { ALIAS_NAME_PATTERN, MAX_ALIAS_LENGTH } from '#core/aliases/alias.ts';
import { CLUSTER_NAME_PATTERN, MAX_CLUSTER_NAME_LENGTH } from '#core/clusters/cluster.ts';
import { NODE_HEALTH } from '#core/nodes/health.ts';
import { MAX_TAG_LENGTH, MAX_TAGS } from '#core/nodes/tags.ts';
import { MAX_PUBLIC_KEY_LENGTH } from '#core/ssh/openssh-key.ts';
import {
  MAX_KEY_NAME_LENGTH,
  MAX_PASSWORD_LENGTH,
  MAX_USERNAME_LENGTH,
  MIN_PASSWORD_LENGTH,
  MIN_USERNAME_LENGTH,
  USERNAME_PATTERN,
} from '#core/ssh/ssh-username.ts';
import { MAX_FAILURES } from '#core/updates/update-request.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { EXECUTION_STATUSES } from './executions.ts';
import { nodes } from './lists/grammars.ts';
import { dayOrInstant, filterProperties } from './lists/list-query.ts';
import { UPDATE_STATUSES } from './self-updates.ts';

const MAX_INT = 2_147_483_647;

export const nullable = <Schema extends TSchema>(schema: Schema, options: TSchemaOptions = {}) =>
  Type.Union([schema, Type.Null()], options);
const oneOf = <const Words extends readonly string[]>(words: Words, description: string) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], description });
export const instant = (description: string) =>
  Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant, description });
const nullableInstant = (description: string) =>
  nullable(Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant }), { description });
export const uuid = (description: string) => Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description });
const mapOf = <Value extends TSchema>(values: Value, description: string) =>
  Type.Unsafe<Record<string, Static<Value>>>({ type: 'object', additionalProperties: values, description });

/** See the pattern of each. */
const LABEL_WORDS = 'of lower-case letters, digits and inner hyphens';
const USERNAME_WORDS = 'of lower-case letters, digits, _ and -, with a letter or _ first';
const CIDR = '^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\/\\d{1,2}$';

const clusterName = (description: string) =>
  Type.String({
    pattern: pattern(CLUSTER_NAME_PATTERN, LABEL_WORDS),
    maxLength: MAX_CLUSTER_NAME_LENGTH,
    description,
  });

const times = {
  inserted_at: instant('When it was created'),
  updated_at: instant('When it was last updated'),
};

// ---- paths ----------------------------------------------------------------------------------------------------------

export const IdPath = Type.Object({ id: uuid('Its id') });
export const NodePath = Type.Object({ node_id: uuid('Id of the node') });
export const ClusterPath = Type.Object({ name: clusterName('Name of the cluster') });
export const KeyClusterPath = Type.Object({ cluster_name: clusterName('Name of the cluster') });

// ---- clusters -------------------------------------------------------------------------------------------------------

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

// ---- enrolment keys -------------------------------------------------------------------------------------------------

const keyFields = {
  name: Type.Optional(nullable(Type.String({ maxLength: MAX_LENGTH.value }), { description: 'Label for people' })),
  tags: Type.Optional(
    Type.Array(Type.String({ maxLength: MAX_TAG_LENGTH }), {
      maxItems: MAX_TAGS,
      description: 'Extension: what machines are tagged with when they join',
    }),
  ),
  uses_remaining: Type.Optional(
    nullable(Type.Integer({ minimum: 1, maximum: MAX_INT }), { description: 'Null: unlimited' }),
  ),
  expired_at: Type.Optional(nullableInstant('Null: never')),
};

/** `uses_remaining` left out means one use. */
export const EnrollmentKeyCreate = Type.Object(keyFields);
/** What is left out stays. */
export const EnrollmentKeyUpdate = Type.Object(keyFields);

export const EnrollmentKey = Type.Object({
  id: uuid('Enrolment key id'),
  cluster_name: clusterName('Cluster it lets nodes into'),
  key: Type.String({ description: 'Blob for ENROLLMENT_KEY of the host' }),
  name: nullable(Type.String(), { description: 'Label for people' }),
  tags: Type.Array(Type.String(), { description: 'Extension: what machines are tagged with when they join' }),
  uses_remaining: nullable(Type.Integer(), { description: 'Null: unlimited' }),
  expired_at: nullableInstant('Null: never'),
  last_used_at: nullableInstant('Null: not yet'),
  ...times,
});

// ---- nodes and aliases ----------------------------------------------------------------------------------------------

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

export const AliasCreate = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: MAX_ALIAS_LENGTH,
    pattern: pattern(ALIAS_NAME_PATTERN, LABEL_WORDS),
    description: 'A DNS label',
  }),
});

export const Alias = Type.Object({
  id: uuid('Alias id'),
  name: Type.String(),
  vpn_hostname: Type.String({ description: 'node-{name} in the domain of the cluster' }),
  node_id: uuid('Node it leads to'),
  cluster_name: clusterName('Cluster it is unique in'),
  ...times,
});

// ---- commands -------------------------------------------------------------------------------------------------------

const closed = { additionalProperties: false } as const;
const filterInstant = Type.Optional(dayOrInstant({ description: 'A date stands for its first or last instant (UTC)' }));

const filterNumber = Type.Optional(Type.Integer({ minimum: -MAX_INT, maximum: MAX_INT }));

export interface NodeFilters {
  readonly id_type?: 'persistent' | 'random';
  readonly status?: (typeof NODE_HEALTH)[number];
  readonly version?: string;
  readonly cluster_name?: string;
  readonly self_update_enabled?: boolean;
  readonly last_seen_at__gte?: string;
  readonly last_seen_at__lte?: string;
  readonly inserted_at__gte?: string;
  readonly inserted_at__lte?: string;
  readonly updated_at__gte?: string;
  readonly updated_at__lte?: string;
}

/** The filters of the list of nodes. */
const NodeFilters = Type.Unsafe<NodeFilters>(Type.Object(filterProperties(nodes), closed));

const ClusterFilters = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: MAX_LENGTH.filter })),
    ipv4_range: Type.Optional(Type.String({ maxLength: MAX_LENGTH.filter })),
    has_node_limit: Type.Optional(Type.Boolean()),
    node_count: filterNumber,
    node_count__gte: filterNumber,
    node_count__lte: filterNumber,
    inserted_at__gte: filterInstant,
    inserted_at__lte: filterInstant,
    updated_at__gte: filterInstant,
    updated_at__lte: filterInstant,
  },
  closed,
);

export type ClusterFilters = Static<typeof ClusterFilters>;

/** Whom an order is for: everything that is given has to hold. */
export const Targeting = Type.Object({
  type: oneOf(['all', 'nodes', 'clusters'], 'Everybody, nodes by id, or clusters by name'),
  node_ids: Type.Optional(
    Type.Array(uuid('Node id'), { maxItems: MAX_ITEMS.targets, description: 'For the type nodes' }),
  ),
  cluster_names: Type.Optional(
    Type.Array(Type.String({ maxLength: MAX_LENGTH.name }), {
      maxItems: MAX_ITEMS.targets,
      description: 'For the type clusters',
    }),
  ),
  node_filters: Type.Optional(NodeFilters),
  cluster_filters: Type.Optional(ClusterFilters),
});

export type Targeting = Static<typeof Targeting>;

export const CommandCreate = Type.Object({
  command_text: Type.String({
    minLength: 1,
    maxLength: MAX_LENGTH.script,
    description: 'Shell script, may have several lines',
  }),
  targeting: Targeting,
  timeout: Type.Optional(nullable(Type.Integer({ minimum: 1 }), { description: 'Milliseconds; null: none' })),
  expired_at: Type.Optional(nullableInstant('What has not started by then never does; in the future')),
});

export const Command = Type.Object({
  id: uuid('Command id'),
  command_text: Type.String(),
  targeting: Targeting,
  timeout: nullable(Type.Integer(), { description: 'Milliseconds; null: none' }),
  expired_at: nullableInstant('Null: never'),
  ...times,
  command_sha256: nullable(Type.String(), {
    description: 'An addition: SHA-256 of the command text, hex. Null for commands of before it was kept.',
  }),
  created_by: nullable(Type.String(), {
    description: 'An addition: name of the key that created it. Null for commands of before it was kept.',
  }),
});

export const CommandExecution = Type.Object({
  id: uuid('Execution id'),
  command_id: uuid('Command id'),
  node_id: nullable(uuid('Node id'), { description: 'Null once the node has been deleted' }),
  command_text: nullable(Type.String()),
  cluster_name: nullable(Type.String(), { description: 'Only when the command was for one cluster by name' }),
  target_all: Type.Boolean({ description: 'The command was for everybody' }),
  status: oneOf(EXECUTION_STATUSES, 'Current status'),
  exit_code: nullable(Type.Integer(), { description: '124: ran out of time; 143: cancelled while it ran' }),
  output: nullable(Type.String(), {
    description: 'Both streams in the order they were written; lists shorten what is longer than 256 KiB',
  }),
  timeout: nullable(Type.Integer(), { description: 'Milliseconds; null: none' }),
  expired_at: nullableInstant('Deadline of the command'),
  sent_at: nullableInstant('When the node got it'),
  completed_at: nullableInstant('When its process ended'),
  cancelled_at: nullableInstant('When it was cancelled'),
  ...times,
});

// ---- self-updates -----------------------------------------------------------------------------------------------------

export const SelfUpdateCreate = Type.Object({
  targeting: Targeting,
  version: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'An addition: of the release; default: the newest published',
    }),
  ),
  waves: Type.Optional(
    Type.Object(
      {
        batch: Type.Integer({ minimum: 1, maximum: 100_000, description: 'Nodes of a wave' }),
        stop_after: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 100_000,
            description: 'No further wave begins once so many nodes have failed; default: 1',
          }),
        ),
        within_seconds: Type.Optional(
          Type.Integer({
            minimum: 60,
            maximum: 604_800,
            description: 'Nodes whose turn has not come by then are not asked any more; default: a day',
          }),
        ),
      },
      {
        additionalProperties: false,
        description:
          'An addition: the next wave begins when each node of the one before runs the new version or has failed. Default: every node at once',
      },
    ),
  ),
});
export type SelfUpdateCreate = Static<typeof SelfUpdateCreate>;

const updateCount = (description: string) => Type.Integer({ description });

export const SelfUpdate = Type.Object({
  id: uuid('Request id'),
  targeting: Type.Unsafe<Targeting>({
    type: 'object',
    description: 'As it was given, with the filters that always hold',
  }),
  status: oneOf(UPDATE_STATUSES, 'Completed: every target has accepted the order, or cannot any more'),
  summary: nullable(
    Type.Object({
      total: updateCount('Nodes that were asked'),
      triggered: updateCount('Nodes that accepted the order; not a proof of a new version'),
      failed: updateCount('Nodes that did not'),
    }),
    { description: 'Null until it is completed' },
  ),
  failures: Type.Array(
    Type.Object({
      node_id: nullable(uuid('Node id'), { description: 'Null once the node has been deleted' }),
      node_name: nullable(Type.String(), { description: 'What people call it' }),
      code: Type.String({ description: 'Stable; see the page of error codes' }),
      message: Type.String({ description: 'Why, for people' }),
    }),
    {
      maxItems: MAX_FAILURES,
      description: `An addition: nodes that refused the order or failed at it, also after they had accepted it; the first ${MAX_FAILURES}`,
    },
  ),
  ...times,
});

export const Cancellation = Type.Object({ result: Type.String({ description: 'What has been done' }) });

// ---- SSH -------------------------------------------------------------------------------------------------------------

const publicKeyText = Type.String({
  maxLength: MAX_PUBLIC_KEY_LENGTH,
  description: 'OpenSSH: algorithm, base64, comment; the form of the contract is read by hand',
});

export const UsernamePath = Type.Object({ ssh_username_id: uuid('Id of the SSH username') });

export const SshUsernameCreate = Type.Object({
  username: Type.String({
    minLength: MIN_USERNAME_LENGTH,
    maxLength: MAX_USERNAME_LENGTH,
    pattern: pattern(USERNAME_PATTERN, USERNAME_WORDS),
    description: 'Unique on its node',
  }),
  password: Type.Optional(
    nullable(Type.String({ minLength: MIN_PASSWORD_LENGTH, maxLength: MAX_PASSWORD_LENGTH }), {
      description: 'Kept as Argon2id; never shown',
    }),
  ),
  public_keys: Type.Optional(
    nullable(
      Type.Array(
        Type.Object({
          key_name: Type.String({ maxLength: MAX_LENGTH.value, description: 'Unique among the keys of the username' }),
          public_key: publicKeyText,
        }),
        { maxItems: MAX_ITEMS.parts },
      ),
      { description: 'All of them are taken, or the username is not made' },
    ),
  ),
});

export const SshPublicKeyCreate = Type.Object({
  key_name: Type.String({
    minLength: 1,
    maxLength: MAX_KEY_NAME_LENGTH,
    description: 'Unique among the keys of the username',
  }),
  public_key: publicKeyText,
});

export const SshPublicKey = Type.Object({
  id: uuid('Key id'),
  ssh_username_id: uuid('Whose it is'),
  key_name: Type.String(),
  public_key: Type.String(),
  ...times,
});

export const SshUsername = Type.Object({
  id: uuid('SSH username id'),
  node_id: uuid('Node that the username may log in on'),
  username: Type.String(),
  has_password: Type.Boolean(),
  public_keys: Type.Array(SshPublicKey),
  ...times,
});

// ---- admins ---------------------------------------------------------------------------------------------------------

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
