import type { MeasuredPart } from '#core/metrics/measure-node.ts';

/** The media type of the text format; scrapers choose their parser by it. */
export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

interface Sample {
  readonly value: number | null | undefined;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type?: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

/** The host. Names are node_exporter's where they mean the same, so that its dashboards and rules read them. */
export function writeHostText({ figures, receivedAt }: MeasuredPart<'host'>): string {
  const { disks, interfaces, memory, swap, coreUsagePercent, cpuUsagePercent } = figures;
  const ofDisk = (read: (disk: (typeof disks)[number]) => number) =>
    disks.map((disk) => ({
      labels: { device: disk.device, fstype: disk.fileSystem, mountpoint: disk.mount },
      value: read(disk),
    }));
  const ofInterface = (read: (network: (typeof interfaces)[number]) => number) =>
    interfaces.map((network) => ({ labels: { device: network.name }, value: read(network) }));
  const cores = coreUsagePercent.map((percent, cpu) => ({ labels: { cpu: String(cpu) }, value: percent / 100 }));
  return writeText([
    gauge('node_load1', 'Load average of 1 minute.', figures.load1m),
    gauge('node_load5', 'Load average of 5 minutes.', figures.load5m),
    gauge('node_load15', 'Load average of 15 minutes.', figures.load15m),
    gauge('node_memory_MemTotal_bytes', 'Memory.', memory?.totalBytes),
    gauge('node_memory_MemAvailable_bytes', 'Memory that programs can have.', memory?.availableBytes),
    gauge('node_memory_SwapTotal_bytes', 'Swap.', swap?.totalBytes),
    gauge('node_memory_SwapFree_bytes', 'Swap that is free.', swap?.availableBytes),
    gauges(
      'node_filesystem_size_bytes',
      'Size of a local file system.',
      ofDisk((disk) => disk.totalBytes),
    ),
    gauges(
      'node_filesystem_avail_bytes',
      'Room for ordinary users.',
      ofDisk((disk) => disk.availableBytes),
    ),
    counters(
      'node_network_receive_bytes_total',
      'Bytes received.',
      ofInterface((network) => network.receivedBytes),
    ),
    counters(
      'node_network_transmit_bytes_total',
      'Bytes sent.',
      ofInterface((network) => network.sentBytes),
    ),
    counters(
      'node_network_receive_errs_total',
      'Receive errors.',
      ofInterface((network) => network.receiveErrors),
    ),
    counters(
      'node_network_transmit_errs_total',
      'Send errors.',
      ofInterface((network) => network.sendErrors),
    ),
    gauge('node_procs_running', 'Processes that are runnable.', figures.runnableProcesses),
    gauge('garrison_node_processes', 'Processes.', figures.processes),
    gauge('garrison_node_cpus', 'Processors.', figures.cores),
    gauge(
      'garrison_node_cpu_usage_ratio',
      'Share of time that was not idle, of all processors.',
      share(cpuUsagePercent),
    ),
    gauges('garrison_node_core_usage_ratio', 'Share of time that was not idle, of one processor.', cores),
    gauges(
      'garrison_node_temperature_celsius',
      'Temperature at a sensor.',
      figures.temperatures.map(({ sensor, celsius }) => ({ labels: { sensor }, value: celsius })),
    ),
    gauge('garrison_node_uptime_seconds', 'Since the host was started.', figures.uptimeSeconds),
    reportedAt(receivedAt),
  ]);
}

/** The daemon, since it was started. */
export function writeAgentText({ figures, receivedAt }: MeasuredPart<'daemon'>): string {
  return writeText([
    gauge('process_resident_memory_bytes', 'Resident memory.', figures.residentBytes),
    counter('process_cpu_seconds_total', 'Processor time.', figures.cpuSeconds),
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', figures.heapUsedBytes),
    gauge('garrison_daemon_uptime_seconds', 'Since the daemon was started.', figures.uptimeSeconds),
    gauges('garrison_daemon_executions', 'Executions that have not ended.', [
      { labels: { state: 'queued' }, value: figures.queued },
      { labels: { state: 'running' }, value: figures.running },
    ]),
    gauge('garrison_daemon_unacknowledged', 'Messages the controller has yet to confirm.', figures.unacknowledged),
    gauge('garrison_daemon_spool_bytes', 'Output that waits on disk.', figures.spooledBytes),
    gauge('garrison_daemon_journal_bytes', 'Size of the journal of executions.', figures.journalBytes),
    counter('garrison_daemon_executions_received_total', 'Executions received.', figures.receivedTotal),
    counter('garrison_daemon_executions_ended_total', 'Executions ended.', figures.endedTotal),
    counter('garrison_daemon_executions_acknowledged_total', 'Ends that were confirmed.', figures.acknowledgedTotal),
    reportedAt(receivedAt),
  ]);
}

function reportedAt(at: Date): Metric {
  return gauge('garrison_node_report_timestamp_seconds', 'When the controller got these figures.', at.getTime() / 1000);
}

function gauges(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, samples };
}

function gauge(name: string, help: string, value: Sample['value']): Metric {
  return gauges(name, help, [{ value }]);
}

function counters(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'counter', samples };
}

function counter(name: string, help: string, value: Sample['value']): Metric {
  return counters(name, help, [{ value }]);
}

function share(percent: number | null): number | null {
  return percent === null ? null : percent / 100;
}

/** A metric without a source on the host is left out. */
function writeText(metrics: readonly Metric[]): string {
  return metrics.map(writeMetric).join('');
}

function writeMetric({ name, help, type = 'gauge', samples }: Metric): string {
  const lines = [...new Map(samples.map((sample) => [writeLabels(sample.labels), sample.value]))]
    .filter(([, value]) => typeof value === 'number')
    .map(([labels, value]) => `${name}${labels} ${value}\n`);
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** Values come from hosts: whatever is in them stays inside the quotes. */
function writeLabels(labels: Sample['labels']): string {
  if (labels === undefined) return '';
  return `{${Object.entries(labels)
    .map(([label, value]) => `${label}="${escapeValue(value)}"`)
    .join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
