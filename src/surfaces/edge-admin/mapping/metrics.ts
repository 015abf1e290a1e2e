/** Metrics, core to wire; pure. */
import type { Static } from 'typebox';
import type { Assignments } from '#core/controllers/sharding-topology.ts';
import type { ControllerId } from '#core/kernel/ids.ts';
import {
  type BrokerMetrics,
  type ControllerMetrics,
  type DoorCounts,
  TUNNEL_DOORS,
  type TunnelDoor,
  type WebhookMetrics,
} from '#core/metrics/controller-metrics.ts';
import type { MeasuredPart } from '#core/metrics/measure-node.ts';
import type { Capacity, DaemonMetrics, HostMetrics, MeasuredNode } from '#core/metrics/node-metrics.ts';
import type { ProcessFigures } from '#runtime/process-figures.ts';
import * as Wire from '../wire/metrics.ts';

const { NOT_MEASURED } = Wire;

export function writeHostMetrics(measured: MeasuredPart<'host'>): Static<typeof Wire.HostMetrics> {
  return { ...writeIdentity(measured.node, measured.receivedAt), ...writeHost(measured.figures) };
}

export function writeAgentMetrics(measured: MeasuredPart<'daemon'>): Static<typeof Wire.AgentMetrics> {
  return { ...writeIdentity(measured.node, measured.receivedAt), ...writeAgent(measured.figures) };
}

export function writeUnifiedMetrics(node: MeasuredNode, now: Date): Static<typeof Wire.UnifiedMetrics> {
  const { host = null, daemon = null, receivedAt = now } = node.newest ?? {};
  return {
    ...writeIdentity(node, receivedAt),
    host: host === null ? { available: false } : { available: true, ...writeHost(host) },
    agent: daemon === null ? { available: false } : { available: true, ...writeAgent(daemon) },
  };
}

function writeIdentity({ nodeId, clusterName }: MeasuredNode, at: Date) {
  return { node_id: nodeId, cluster_name: clusterName, timestamp: at.toISOString() };
}

function writeHost(host: HostMetrics): Static<typeof Wire.HostSections> {
  const root = host.disks.find(({ mount }) => mount === '/') ?? null;
  return {
    cpu: {
      cores: host.cores,
      load_1m: host.load1m,
      load_5m: host.load5m,
      load_15m: host.load15m,
      usage_percent: host.cpuUsagePercent,
      core_usage_percent: [...host.coreUsagePercent],
    },
    memory: writeCapacity(host.memory),
    swap: writeCapacity(host.swap),
    disk: writeCapacity(root),
    disks: host.disks.map((disk) => ({
      mount: disk.mount,
      device: disk.device,
      file_system: disk.fileSystem,
      ...writeCapacity(disk),
    })),
    network: host.interfaces.map((one) => ({
      interface: one.name,
      received_bytes: one.receivedBytes,
      sent_bytes: one.sentBytes,
      receive_errors: one.receiveErrors,
      send_errors: one.sendErrors,
    })),
    uptime: { seconds: host.uptimeSeconds, human: writeUptime(host.uptimeSeconds) },
    processes: { total: host.processes, runnable: host.runnableProcesses },
    temperatures: host.temperatures.map(({ sensor, celsius }) => ({ sensor, celsius })),
  };
}

function writeCapacity(capacity: Capacity | null): Static<typeof Wire.CapacityFigures> {
  const { totalBytes: total = null, availableBytes: available = null } = capacity ?? {};
  const used = total === null || available === null ? null : Math.max(0, total - available);
  return {
    total_bytes: total,
    total_gb: inGigabytes(total),
    available_bytes: available,
    available_gb: inGigabytes(available),
    used_bytes: used,
    used_gb: inGigabytes(used),
    usage_percent: total && used !== null ? rounded((100 * used) / total, 2) : null,
  };
}

function writeAgent(daemon: DaemonMetrics): Static<typeof Wire.AgentSections> {
  return {
    application: { ...writeProcess(daemon), ...nulls(NOT_MEASURED.agentApplication) },
    commands: {
      enqueued_total: daemon.receivedTotal,
      completed_total: daemon.endedTotal,
      reported_total: daemon.acknowledgedTotal,
      ...nulls(NOT_MEASURED.agentCommands),
    },
    discovery: nulls(NOT_MEASURED.agentDiscovery),
    health_check: nulls(NOT_MEASURED.agentHealthCheck),
    oban_queues: [
      {
        queue: 'executions',
        available: daemon.queued,
        executing: daemon.running,
        completed: daemon.endedTotal,
        discarded: 0,
        retryable: 0,
      },
    ],
    proxy: writeTunnelsOfNode(daemon),
    spool: {
      unconfirmed: daemon.unacknowledged,
      spooled_bytes: daemon.spooledBytes,
      journal_bytes: daemon.journalBytes,
    },
    ssh: {
      authentications_total: daemon.sshAuthenticationsTotal ?? 0,
      connections_total: daemon.sshConnectionsTotal ?? 0,
    },
    vpn: nulls(NOT_MEASURED.agentVpn),
  };
}

export interface AdminFacts {
  readonly metrics: ControllerMetrics;
  readonly assignments: Assignments;
  readonly controllerId: ControllerId;
  readonly now: Date;
}

export function writeAdminMetrics(facts: AdminFacts): Static<typeof Wire.AdminMetrics> {
  const { metrics, assignments, controllerId, now } = facts;
  const owners = [...assignments.controllerOf.values()];
  return {
    timestamp: now.toISOString(),
    application: { ...writeProcess(metrics.process), ...nulls(NOT_MEASURED.adminApplication) },
    commands: {
      execution_delivered_total: metrics.executionsDelivered,
      execution_completed_total: metrics.executionsEnded,
      ...nulls(NOT_MEASURED.adminCommands),
    },
    database: { connections: { ...metrics.databaseConnections } },
    discovery: nulls(NOT_MEASURED.adminDiscovery),
    event_broker: writeBroker(metrics.broker),
    event_streams: { open: metrics.eventStreamsOpen },
    gateways: nulls(NOT_MEASURED.adminGateways),
    membership: nulls(NOT_MEASURED.adminMembership),
    metadata: {
      assigned_clusters: owners.filter((owner) => owner === controllerId).length,
      orphaned_clusters: owners.filter((owner) => owner === null).length,
      degraded: assignments.topology.isDegraded,
      ...nulls(NOT_MEASURED.adminMetadata),
    },
    nodes: nulls(NOT_MEASURED.adminNodes),
    oban_queues: [],
    proxy: writeProxy(metrics.tunnels.proxy),
    quantum: nulls(NOT_MEASURED.adminQuantum),
    tunnels: TUNNEL_DOORS.map((door) => writeDoor(door, metrics.tunnels[door])),
    queues: Object.entries(metrics.queues).map(([queue, waiting]) => ({ queue, waiting })),
    reconciliation: nulls(NOT_MEASURED.adminReconciliation),
    self_updates: { completed_total: metrics.selfUpdatesCompleted },
    sessions: { open: metrics.sessionsOpen },
    ssh: {
      verifications_failed: metrics.sshVerifications.failed,
      verifications_total: metrics.sshVerifications.total,
    },
    vpn: nulls(NOT_MEASURED.adminVpn),
    webhook: writeWebhooks(metrics.webhooks),
  };
}

function writeBroker(broker: BrokerMetrics | undefined): Static<typeof Wire.AdminMetrics>['event_broker'] {
  const { taken = 0, published = 0, failed = 0, isConnected = false, trouble = null } = broker ?? {};
  return {
    enabled: broker !== undefined,
    connected: isConnected,
    trouble,
    enqueues_total: taken,
    publishes_error_total: failed,
    publishes_ok_total: published,
    publishes_total: published + failed,
  };
}

function writeWebhooks(webhooks: WebhookMetrics): Static<typeof Wire.AdminMetrics>['webhook'] {
  const { taken, delivered, failed, ended } = webhooks;
  return {
    fan_outs_total: taken,
    deliveries_total: delivered + failed + ended,
    deliveries_ok_total: delivered,
    deliveries_recoverable_total: failed,
    deliveries_terminal_total: ended,
  };
}

type Process = { readonly [Figure in keyof ProcessFigures]: number | null };

function writeProcess(figures: Process): Static<typeof Wire.ProcessFigures> {
  return {
    memory_total_bytes: figures.residentBytes,
    memory_total_mb: inMegabytes(figures.residentBytes),
    heap_used_bytes: figures.heapUsedBytes,
    cpu_seconds_total: figures.cpuSeconds,
    uptime_seconds: figures.uptimeSeconds,
    uptime_human: writeUptime(figures.uptimeSeconds),
  };
}

/** `1d 2h 30m`, `5h 15m`, `30m`. */
function writeUptime(seconds: number | null): string | null {
  if (seconds === null) return null;
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d ${hours}h ${minutes}m`;
  return hours > 0 ? `${hours}h ${minutes}m` : `${minutes}m`;
}

function inGigabytes(bytes: number | null): number | null {
  return bytes === null ? null : rounded(bytes / 2 ** 30, 1);
}

function rounded(figure: number, digits: number): number {
  return Number(figure.toFixed(digits));
}

function nulls<Name extends string>(names: readonly Name[]): Record<Name, null> {
  return Object.fromEntries(names.map((name) => [name, null])) as Record<Name, null>; // one for each name
}

function writePassed({ closed: { normal, deadline, drained }, ...bytes }: DoorCounts) {
  return {
    ...writeBytes(bytes),
    tunnels_closed_total: normal + deadline + drained,
    tunnels_closed_normal_total: normal,
    tunnels_closed_deadline_total: deadline,
    tunnels_closed_drain_timeout_total: drained,
  };
}

function writeBytes({ bytesUp, bytesDown }: { readonly bytesUp: number | null; readonly bytesDown: number | null }) {
  return {
    bytes_up_total: bytesUp,
    bytes_up_mb: inMegabytes(bytesUp),
    bytes_down_total: bytesDown,
    bytes_down_mb: inMegabytes(bytesDown),
  };
}

function inMegabytes(bytes: number | null): number | null {
  return bytes === null ? null : rounded(bytes / 2 ** 20, 2);
}

function writeProxy(counts: DoorCounts): Static<typeof Wire.AdminMetrics>['proxy'] {
  const { opened, refused, unauthenticated } = counts;
  return {
    ...writePassed(counts),
    auth_failures_total: unauthenticated,
    connections_auth_failed_total: unauthenticated,
    connections_failure_total: refused,
    connections_success_total: opened,
    connections_total: opened + refused + unauthenticated,
  };
}

function writeDoor(door: TunnelDoor, counts: DoorCounts & { readonly open: number }) {
  const { open, opened, refused } = counts;
  return { door, open, opened_total: opened, refused_total: refused, ...writePassed(counts) };
}

/** A node learns neither by which door a tunnel was asked for nor why the controller closed it. */
function writeTunnelsOfNode({ tunnels }: DaemonMetrics): Static<typeof Wire.AgentSections>['proxy'] {
  const { opened = null, refused = null, closed = null, drained = null } = tunnels ?? {};
  return {
    ...writeBytes({ bytesUp: tunnels?.bytesUp ?? null, bytesDown: tunnels?.bytesDown ?? null }),
    opened_total: opened,
    refused_total: refused,
    tunnels_closed_total: closed,
    tunnels_closed_drain_timeout_total: drained,
    ...nulls(NOT_MEASURED.agentProxy),
  };
}
