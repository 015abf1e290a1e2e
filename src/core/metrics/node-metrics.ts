import type { NodeId } from '../kernel/ids.ts';

/** One report of a node. A metric without a source on its host is null, and so is `host` when there is no source at all. */
export interface NodeMetrics {
  readonly host: HostMetrics | null;
  readonly daemon: DaemonMetrics | null;
}

export interface HostMetrics {
  readonly cores: number | null;
  /** Shares of time that was not idle, between the last two reports; null in the first. */
  readonly cpuUsagePercent: number | null;
  readonly coreUsagePercent: readonly number[];
  readonly load1m: number | null;
  readonly load5m: number | null;
  readonly load15m: number | null;
  readonly memory: Capacity | null;
  readonly swap: Capacity | null;
  /** Local file systems. */
  readonly disks: readonly DiskMetrics[];
  readonly interfaces: readonly InterfaceMetrics[];
  readonly uptimeSeconds: number | null;
  readonly processes: number | null;
  readonly runnableProcesses: number | null;
  readonly temperatures: readonly { readonly sensor: string; readonly celsius: number }[];
}

export interface Capacity {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export interface DiskMetrics extends Capacity {
  readonly mount: string;
  readonly device: string;
  readonly fileSystem: string;
}

export interface InterfaceMetrics {
  readonly name: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receiveErrors: number;
  readonly sendErrors: number;
}

export interface DaemonMetrics {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuSeconds: number | null;
  readonly uptimeSeconds: number;
  readonly running: number;
  readonly queued: number;
  readonly unacknowledged: number;
  readonly spooledBytes: number;
  readonly journalBytes: number;
  /** Executions since the daemon started. */
  readonly receivedTotal: number;
  readonly endedTotal: number;
  readonly acknowledgedTotal: number;
  /** Metrics of its SSH server; older daemons send none. */
  readonly sshAuthenticationsTotal?: number;
  readonly sshConnectionsTotal?: number;
  /** Tunnels through it, since the daemon started; older daemons send none. */
  readonly tunnels?: TunnelsOfNode | undefined;
}

export interface TunnelsOfNode {
  readonly opened: number;
  readonly refused: number;
  readonly closed: number;
  /** Closed because the daemon stopped; they are counted in `closed` too. */
  readonly drained: number;
  /** From the controller to the node, by tunnels that are over. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** Metrics that are older say nothing about the node any more. */
export const METRICS_GOOD_FOR_MS = 300_000;

export interface MeasuredNode {
  readonly nodeId: NodeId;
  readonly clusterName: string;
  /** Null when it told nothing lately. */
  readonly newest: (NodeMetrics & { readonly receivedAt: Date }) | null;
}
