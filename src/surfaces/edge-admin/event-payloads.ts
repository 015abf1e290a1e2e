/** The payloads of the fifteen types of events, as their receivers read them. */
import Type, { type TSchema } from 'typebox';
import type { EventDescription } from '#surfaces/http/event-description.ts';

const instant = (description: string) => Type.String({ format: 'date-time', description });
const instantOrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description });
const textOrNull = () => Type.Union([Type.String(), Type.Null()]);
const numberOrNull = () => Type.Union([Type.Integer(), Type.Null()]);
const idOrNull = () => Type.Union([Type.String({ format: 'uuid' }), Type.Null()]);
const word = (...words: readonly string[]) => Type.Enum([...words]);

const status = () => word('healthy', 'unhealthy', 'unreachable');

const node = {
  node_id: Type.String(),
  cluster_name: Type.String(),
  status: status(),
  version: Type.Optional(Type.String()),
  id_type: Type.Optional(Type.String({ description: '`persistent` or `random`.' })),
  http_port: Type.Optional(Type.Integer()),
  ssh_port: Type.Optional(Type.Integer()),
  host_metrics_port: Type.Optional(Type.Integer()),
  wireguard_metrics_port: Type.Optional(Type.Integer()),
  http_proxy_port: Type.Optional(Type.Integer()),
  socks5_proxy_port: Type.Optional(Type.Integer()),
  self_update_enabled: Type.Optional(Type.Boolean()),
  last_seen_at: Type.Optional(instantOrNull('Last sign of life.')),
  inserted_at: Type.Optional(instant('When it joined.')),
  updated_at: Type.Optional(instant('Its last change.')),
};

const NodeEvent = Type.Object(node, { title: 'NodeEvent' });
const NodeVersionChangedEvent = Type.Object(
  { ...node, previous_version: Type.String() },
  { title: 'NodeVersionChangedEvent' },
);
const NodeStatusChangedEvent = Type.Object({ ...node, previous_status: status() }, { title: 'NodeStatusChangedEvent' });
const NodeClusterChangedEvent = Type.Object(
  { ...node, previous_cluster_name: Type.String() },
  { title: 'NodeClusterChangedEvent' },
);
const NodeUpdateTriggeredEvent = Type.Object(
  { ...node, self_update_request_id: Type.String({ format: 'uuid' }) },
  { title: 'NodeUpdateTriggeredEvent' },
);

const CommandExecutionEvent = Type.Object(
  {
    command_execution_id: Type.String({ format: 'uuid' }),
    command_id: Type.String({ format: 'uuid' }),
    node_id: Type.String({ description: 'Empty where the node is gone.' }),
    cluster_name: Type.String({ description: 'Of the node.' }),
    command_text: Type.Optional(Type.String({ description: 'Its first 4,096 characters.' })),
    timeout: Type.Optional(numberOrNull()),
    status: word('pending', 'sent', 'completed', 'cancelled', 'expired'),
    exit_code: Type.Optional(numberOrNull()),
    target_all: Type.Optional(Type.Boolean()),
    expired_at: Type.Optional(instantOrNull('The deadline.')),
    sent_at: Type.Optional(instantOrNull('When the node was told.')),
    completed_at: Type.Optional(instantOrNull('When it ended.')),
    cancelled_at: Type.Optional(instantOrNull('When it was cancelled.')),
    inserted_at: Type.Optional(instant('When it was ordered.')),
    updated_at: Type.Optional(instant('Its last change.')),
  },
  { title: 'CommandExecutionEvent' },
);

const EnrollmentKeyVerifiedEvent = Type.Object(
  {
    enrollment_key_id: Type.Optional(idOrNull()),
    cluster_name: Type.Optional(textOrNull()),
    name: Type.Optional(textOrNull()),
    uses_remaining: Type.Optional(numberOrNull()),
    result: word('verified', 'invalid_key', 'key_expired', 'key_spent', 'node_limit_reached'),
    verified_at: instant('When.'),
  },
  { title: 'EnrollmentKeyVerifiedEvent' },
);

const SshUsernameVerifiedEvent = Type.Object(
  {
    ssh_username_id: Type.Optional(idOrNull()),
    node_id: Type.String(),
    cluster_name: Type.Optional(textOrNull()),
    username: Type.String(),
    auth_method: word('password', 'public_key', 'unknown'),
    result: word('success', 'failure'),
    verified_at: instant('When.'),
  },
  { title: 'SshUsernameVerifiedEvent' },
);

const SelfUpdateRequestEvent = Type.Object(
  {
    self_update_request_id: Type.String({ format: 'uuid' }),
    status: word('pending', 'processing', 'completed'),
    targeting: Type.Object({
      type: Type.Optional(word('all', 'nodes', 'clusters')),
      cluster_filters: Type.Optional(Type.Object({})),
      node_filters: Type.Optional(Type.Object({})),
    }),
    summary: Type.Optional(
      Type.Union([
        Type.Object({
          total: Type.Optional(Type.Integer()),
          triggered: Type.Optional(Type.Integer()),
          failed: Type.Optional(Type.Integer()),
        }),
        Type.Null(),
      ]),
    ),
    inserted_at: Type.Optional(instant('When it was asked for.')),
    updated_at: Type.Optional(instant('Its last change.')),
  },
  { title: 'SelfUpdateRequestEvent' },
);

const AT = '2026-01-01T12:00:00.000Z';
const ID = '018f4a3e-7b1c-7000-8000-000000000001';

const oneNode = {
  node_id: 'n-0001',
  cluster_name: 'harbour',
  status: 'healthy',
  version: '1.0.0',
  id_type: 'persistent',
  http_port: 44_000,
  ssh_port: 40_022,
  self_update_enabled: true,
  last_seen_at: AT,
  inserted_at: AT,
  updated_at: AT,
};

const oneExecution = {
  command_execution_id: ID,
  command_id: ID,
  node_id: 'n-0001',
  cluster_name: 'harbour',
  command_text: 'uptime',
  timeout: 60_000,
  status: 'pending',
  exit_code: null,
  target_all: true,
  expired_at: null,
  sent_at: null,
  completed_at: null,
  cancelled_at: null,
  inserted_at: AT,
  updated_at: AT,
};

const event = (type: string, summary: string, payload: TSchema, example: object): EventDescription => ({
  type,
  summary,
  payload,
  example,
});

const execution = (what: string, summary: string, change: object = {}) =>
  event(`edge.command_execution.${what}`, summary, CommandExecutionEvent, { ...oneExecution, ...change });

/** In the order of the catalogue. */
export const EVENTS: readonly EventDescription[] = [
  event(
    'edge.enrollment_key.verified',
    'A machine has shown an enrolment key, which was good or not.',
    EnrollmentKeyVerifiedEvent,
    {
      enrollment_key_id: ID,
      cluster_name: 'harbour',
      name: null,
      uses_remaining: 4,
      result: 'verified',
      verified_at: AT,
    },
  ),
  event('edge.node.registered', 'A node has joined.', NodeEvent, oneNode),
  event('edge.node.reregistered', 'A node that was known has joined again.', NodeEvent, oneNode),
  event('edge.node.version_changed', 'A node runs another version.', NodeVersionChangedEvent, {
    ...oneNode,
    previous_version: '0.9.0',
  }),
  event('edge.node.status_changed', 'A node is more or less well than before.', NodeStatusChangedEvent, {
    ...oneNode,
    previous_status: 'unhealthy',
  }),
  event('edge.node.cluster_changed', 'A node was moved to another cluster.', NodeClusterChangedEvent, {
    ...oneNode,
    previous_cluster_name: 'quay',
  }),
  event('edge.node.update_triggered', 'A node was told to update itself.', NodeUpdateTriggeredEvent, {
    ...oneNode,
    self_update_request_id: ID,
  }),
  execution('created', 'A command waits for a node.'),
  execution('sent', 'A node was told a command.', { status: 'sent', sent_at: AT }),
  execution('completed', 'A command has ended on a node.', {
    status: 'completed',
    sent_at: AT,
    completed_at: AT,
    exit_code: 0,
  }),
  execution('cancelled', 'A command was cancelled on a node.', { status: 'cancelled', cancelled_at: AT }),
  execution('expired', 'The deadline of a command has passed before its node was told.', {
    status: 'expired',
    expired_at: AT,
  }),
  execution('pruned', 'The record of a command on a node was removed for its age.', { status: 'completed' }),
  event('edge.ssh_username.verified', 'Somebody has tried to sign in to a node by SSH.', SshUsernameVerifiedEvent, {
    ssh_username_id: ID,
    node_id: 'n-0001',
    cluster_name: 'harbour',
    username: 'deploy',
    auth_method: 'public_key',
    result: 'success',
    verified_at: AT,
  }),
  event('edge.self_update_request.completed', 'A request for self-updates is done.', SelfUpdateRequestEvent, {
    self_update_request_id: ID,
    status: 'completed',
    targeting: { type: 'all' },
    summary: { total: 3, triggered: 3, failed: 0 },
    inserted_at: AT,
    updated_at: AT,
  }),
];
