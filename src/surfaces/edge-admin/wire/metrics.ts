/**
 * Metrics as they go over the wire. The contract has the names of another runtime and of parts that are not here: what has
 * no honest counterpart is listed in `NOT_MEASURED` and is always null. What we measure beyond it stands beside its names.
 */
import { type Static, type TNull, Type } from 'typebox';
import { instant, nullable, uuid } from './shapes.ts';

/** Metrics of the contract that nothing here measures, by section. */
export const NOT_MEASURED = {
  agentApplication: [
    'memory_binary_bytes',
    'memory_binary_mb',
    'memory_ets_bytes',
    'memory_ets_mb',
    'memory_processes_bytes',
    'memory_processes_mb',
    'process_count',
  ],
  agentCommands: ['synced_total'],
  agentDiscovery: ['admins_found_last', 'scans_total'],
  agentHealthCheck: ['reports_total'],
  agentProxy: [
    'http_blocked_by_reason',
    'http_blocked_total',
    'http_connections_total',
    'socks5_blocked_by_reason',
    'socks5_blocked_total',
    'socks5_connections_total',
    'tunnels_closed_deadline_total',
    'tunnels_closed_normal_total',
  ],
  agentVpn: ['pulls_total'],
  adminApplication: [
    'atom_count',
    'ets_count',
    'memory_atom_bytes',
    'memory_atom_mb',
    'memory_binary_bytes',
    'memory_binary_mb',
    'memory_code_bytes',
    'memory_code_mb',
    'memory_ets_bytes',
    'memory_ets_mb',
    'memory_processes_bytes',
    'memory_processes_mb',
    'port_count',
    'process_count',
  ],
  adminCommands: ['delivery_delivered_count', 'delivery_total', 'expiration_total'],
  adminDiscovery: ['dns_resolutions_total', 'peer_connections_total', 'scans_total'],
  adminGateways: ['active_count', 'connections_total', 'scrapes_total'],
  adminMembership: ['complete_total', 'steps_completed_total'],
  adminMetadata: ['recomputations_total'],
  adminNodes: ['health_checks_total'],
  adminObanQueues: ['available', 'cancelled', 'completed', 'discarded', 'executing', 'retryable', 'scheduled'],
  adminQuantum: ['jobs_exceptions_total', 'jobs_executed_total'],
  adminReconciliation: ['errors', 'total'],
  adminVpn: ['zombie_cleanup_deleted_count', 'zombie_cleanup_total'],
} as const;

function nulls<Name extends string>(names: readonly Name[]): Record<Name, TNull> {
  return Object.fromEntries(names.map((name) => [name, Type.Null()])) as Record<Name, TNull>; // one for each name
}

const section = <Name extends string>(names: readonly Name[]) => Type.Object(nulls(names));
const count = (description: string) => Type.Integer({ description });
const nullableCount = (description: string) => nullable(Type.Integer(), { description });
const nullableNumber = (description: string) => nullable(Type.Number(), { description });

const identity = {
  node_id: uuid('Node id'),
  cluster_name: Type.String({ description: 'Cluster it is in' }),
  timestamp: instant('When the metrics arrived, by the clock of the controller'),
};

// ---- host -----------------------------------------------------------------------------------------------------------

const capacity = {
  total_bytes: nullableCount('Bytes there are'),
  total_gb: nullableNumber('GB are 2^30 bytes'),
  available_bytes: nullableCount('Bytes to be had'),
  available_gb: nullableNumber('GB to be had'),
  used_bytes: nullableCount('Total less available'),
  used_gb: nullableNumber('GB in use'),
  usage_percent: nullableNumber('Used of total'),
};

export const CapacityFigures = Type.Object(capacity);

const hostSections = {
  cpu: Type.Object({
    cores: nullableCount('Processors'),
    load_1m: nullableNumber('Load average over 1 minute'),
    load_5m: nullableNumber('Load average over 5 minutes'),
    load_15m: nullableNumber('Load average over 15 minutes'),
    usage_percent: nullableNumber('Of all processors, since the report before; null in the first'),
    core_usage_percent: Type.Array(Type.Number(), { description: 'The same of each' }),
  }),
  memory: CapacityFigures,
  swap: CapacityFigures,
  disk: Type.Object(capacity, { description: 'The root file system' }),
  disks: Type.Array(
    Type.Object({ mount: Type.String(), device: Type.String(), file_system: Type.String(), ...capacity }),
    { description: 'Every local file system' },
  ),
  network: Type.Array(
    Type.Object({
      interface: Type.String(),
      received_bytes: count('Since it came up'),
      sent_bytes: count('Since it came up'),
      receive_errors: count('Since it came up'),
      send_errors: count('Since it came up'),
    }),
    { description: 'Without the loopback' },
  ),
  uptime: Type.Object({
    seconds: nullableCount('Since the host started'),
    human: nullable(Type.String(), { description: '`1d 2h 30m`' }),
  }),
  processes: Type.Object({ total: nullableCount('Processes'), runnable: nullableCount('That run or could') }),
  temperatures: Type.Array(Type.Object({ sensor: Type.String(), celsius: Type.Number() })),
};

export const HostSections = Type.Object(hostSections);
export const HostMetrics = Type.Object({ ...identity, ...hostSections });

// ---- what passed through tunnels ------------------------------------------------------------------------------------

const bytesPassed = {
  bytes_up_total: nullableCount('From callers to nodes, of tunnels that are over, since it started'),
  bytes_up_mb: nullableNumber('MB are 2^20 bytes'),
  bytes_down_total: nullableCount('From nodes to callers'),
  bytes_down_mb: nullableNumber('MB are 2^20 bytes'),
};

const passed = {
  ...bytesPassed,
  tunnels_closed_total: count('All three'),
  tunnels_closed_normal_total: count('That either end closed'),
  tunnels_closed_deadline_total: count('Whose time was over'),
  tunnels_closed_drain_timeout_total: count('That ended because the process stopped'),
};

// ---- agent ----------------------------------------------------------------------------------------------------------

const processFigures = {
  memory_total_bytes: nullableCount('Resident memory of the process'),
  memory_total_mb: nullableNumber('MB are 2^20 bytes'),
  heap_used_bytes: nullableCount('Of the heap of JavaScript'),
  cpu_seconds_total: nullableNumber('User and system, since it started'),
  uptime_seconds: nullableCount('Since it started'),
  uptime_human: nullable(Type.String(), { description: '`1d 2h 30m`' }),
};

export const ProcessFigures = Type.Object(processFigures);

const agentSections = {
  application: Type.Object({ ...processFigures, ...nulls(NOT_MEASURED.agentApplication) }),
  commands: Type.Object({
    enqueued_total: count('Executions it was given, since it started'),
    completed_total: count('Executions that ended, since it started'),
    reported_total: count('Results that the controller has confirmed, since it started'),
    ...nulls(NOT_MEASURED.agentCommands),
  }),
  discovery: section(NOT_MEASURED.agentDiscovery),
  health_check: section(NOT_MEASURED.agentHealthCheck),
  oban_queues: Type.Array(
    Type.Object({
      queue: Type.String(),
      available: count('Executions that wait'),
      executing: count('Executions that run'),
      completed: count('Executions that ended, since it started'),
      discarded: count('None: every execution ends with a result'),
      retryable: count('None: nothing is ever started twice'),
    }),
    { description: 'One: what the daemon has been asked to do' },
  ),
  proxy: Type.Object({
    ...bytesPassed,
    opened_total: nullableCount('Extension: tunnels of every door through this node, since it started'),
    refused_total: nullableCount('Extension: that its policy refused, or whose target was not reached'),
    tunnels_closed_total: nullableCount('That are over'),
    tunnels_closed_drain_timeout_total: nullableCount('That ended because the daemon stopped'),
    ...nulls(NOT_MEASURED.agentProxy),
  }),
  spool: Type.Object({
    unconfirmed: count('Results that the controller has not confirmed'),
    spooled_bytes: count('Output it has not confirmed'),
    journal_bytes: count('The journal on the disk'),
  }),
  ssh: Type.Object({
    authentications_total: count('Attempts to sign in by SSH, since the daemon started'),
    connections_total: count('SSH connections, since the daemon started'),
  }),
  vpn: section(NOT_MEASURED.agentVpn),
};

export const AgentSections = Type.Object(agentSections);
export const AgentMetrics = Type.Object({ ...identity, ...agentSections });

// ---- both -----------------------------------------------------------------------------------------------------------

const available = { available: Type.Boolean({ description: 'False: nothing was told in the last five minutes' }) };

/** What is not available has no further fields. */
type Available<Sections> = { available: false } | ({ available: true } & Sections);

export const UnifiedMetrics = Type.Object({
  ...identity,
  host: Type.Unsafe<Available<Static<typeof HostSections>>>(
    Type.Object({ ...available, ...Type.Partial(HostSections).properties }),
  ),
  agent: Type.Unsafe<Available<Static<typeof AgentSections>>>(
    Type.Object({ ...available, ...Type.Partial(AgentSections).properties }),
  ),
});

// ---- admin ----------------------------------------------------------------------------------------------------------

export const ScrapeTarget = Type.Object({
  targets: Type.Array(Type.String(), { description: 'Host and port of the controller' }),
  labels: Type.Record(Type.String(), Type.String(), { description: 'Path, scheme, and who the node is' }),
});
export type ScrapeTarget = Static<typeof ScrapeTarget>;
export const ScrapeTargets = Type.Array(ScrapeTarget);

export const AdminMetrics = Type.Object({
  timestamp: instant('When they were read'),
  application: Type.Object({ ...processFigures, ...nulls(NOT_MEASURED.adminApplication) }),
  commands: Type.Object({
    execution_delivered_total: count('Executions handed to nodes, since it started'),
    execution_completed_total: count('Executions whose results it stored, since it started'),
    ...nulls(NOT_MEASURED.adminCommands),
  }),
  database: Type.Object({
    connections: Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: { type: 'integer' } }),
  }),
  discovery: section(NOT_MEASURED.adminDiscovery),
  event_broker: Type.Object({
    enabled: Type.Boolean(),
    connected: Type.Boolean({ description: 'Extension: messages can be sent now' }),
    trouble: Type.Union([Type.String({ maxLength: 1_000 }), Type.Null()], {
      description: 'Extension: why they cannot, or not all of them',
    }),
    enqueues_total: count('Events taken up for it, since it started'),
    publishes_error_total: count('Messages that were sent and did not arrive, since it started'),
    publishes_ok_total: count('Messages that arrived, since it started'),
    publishes_total: count('Both'),
  }),
  event_streams: Type.Object({ open: count('Server-sent event streams') }),
  gateways: section(NOT_MEASURED.adminGateways),
  membership: section(NOT_MEASURED.adminMembership),
  metadata: Type.Object({
    assigned_clusters: count('Clusters this controller answers for'),
    degraded: Type.Boolean({ description: 'More nodes than capacity' }),
    orphaned_clusters: count('Clusters nobody has room for'),
    ...nulls(NOT_MEASURED.adminMetadata),
  }),
  nodes: section(NOT_MEASURED.adminNodes),
  oban_queues: Type.Array(Type.Object({ queue: Type.String(), ...nulls(NOT_MEASURED.adminObanQueues) }), {
    description: 'Empty: a controller has no queues of jobs; what waits in it is in `queues`',
    maxItems: 0,
  }),
  proxy: Type.Object({
    ...passed,
    auth_failures_total: count('Callers with a password that is none'),
    connections_auth_failed_total: count('The same'),
    connections_failure_total: count('That were refused, or did not reach their target'),
    connections_success_total: count('That were opened'),
    connections_total: count('All three'),
  }),
  quantum: section(NOT_MEASURED.adminQuantum),
  queues: Type.Array(Type.Object({ queue: Type.String(), waiting: count('What waits in it') })),
  reconciliation: section(NOT_MEASURED.adminReconciliation),
  self_updates: Type.Object({ completed_total: count('Self-update requests it completed, since it started') }),
  tunnels: Type.Array(
    Type.Object({
      door: Type.Enum(['proxy', 'tunnel', 'terminal']),
      open: count('Open now'),
      opened_total: count('Since it started'),
      refused_total: count('Since it started'),
      ...passed,
    }),
    { description: 'Extension: tunnels by the door they were asked for at' },
  ),
  sessions: Type.Object({ open: count('Nodes connected with this controller') }),
  ssh: Type.Object({
    verifications_failed: count('Attempts to sign in to nodes by SSH that failed, since it started'),
    verifications_total: count('All attempts that nodes told it'),
  }),
  vpn: section(NOT_MEASURED.adminVpn),
  webhook: Type.Object({
    deliveries_ok_total: count('Attempts that were answered with 2xx, since it started'),
    deliveries_recoverable_total: count('Attempts that failed and are made again, since it started'),
    deliveries_terminal_total: count('Attempts that failed and were the last one, since it started'),
    deliveries_total: count('All three'),
    fan_outs_total: count('Events that were taken up, once for each webhook they are for, since it started'),
  }),
});
