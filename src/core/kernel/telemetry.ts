/**
 * The metrics of the product at `/metrics`: a closed table, so that a name is written once. `adapters/telemetry` keeps them;
 * the metrics of the process itself (memory, event-loop lag) are its own.
 */
export const METRICS = {
  garrison_build_info: { kind: 'gauge', help: 'Always 1; the version of this controller', labels: ['version'] },
  garrison_controllers: { kind: 'gauge', help: 'Controllers of this installation that are alive' },
  garrison_controller_capacity: { kind: 'gauge', help: 'Nodes this controller has room for' },
  garrison_nodes: { kind: 'gauge', help: 'Nodes of the installation, by status', labels: ['status'] },
  garrison_certificate_expiry_timestamp_seconds: {
    kind: 'gauge',
    help: 'When a certificate of the controller ends, by the clock of Unix',
    labels: ['certificate'],
  },
  garrison_sessions_open: { kind: 'gauge', help: 'Sessions of nodes held by this controller' },
  garrison_clock_skew_seconds: { kind: 'gauge', help: 'How far the clock of this machine is ahead of the database’s' },
  garrison_lease_age_seconds: { kind: 'gauge', help: 'Since this controller last renewed its lease' },
  garrison_disk_free_bytes: { kind: 'gauge', help: 'What is free on the disk of the data directory' },
  garrison_disk_size_bytes: { kind: 'gauge', help: 'Size of the disk of the data directory' },
  garrison_executions: { kind: 'gauge', help: 'Executions that are not finished, by state', labels: ['state'] },
  garrison_queue_depth: { kind: 'gauge', help: 'What waits in a queue of this controller', labels: ['queue'] },
  garrison_tunnels_open: { kind: 'gauge', help: 'Tunnels that are open, by door', labels: ['door'] },
  garrison_event_streams_open: { kind: 'gauge', help: 'Server-sent event streams that are open' },
  garrison_database_connections: { kind: 'gauge', help: 'Connections of the pool, by state', labels: ['state'] },
  garrison_batch_size: {
    kind: 'histogram',
    help: 'Rows written by one statement',
    labels: ['batch'],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  },
  garrison_http_request_seconds: {
    kind: 'histogram',
    help: 'From the first byte of a request to the last of its answer',
    labels: ['surface', 'method', 'status'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  },
  garrison_runs_total: { kind: 'counter', help: 'Runs that have ended here, by outcome', labels: ['outcome'] },
  garrison_webhooks: { kind: 'gauge', help: 'Webhooks of the installation, by state', labels: ['state'] },
  garrison_webhook_events_waiting: {
    kind: 'gauge',
    help: 'Events that wait for another attempt at a webhook, and those behind them',
  },
  garrison_webhook_deliveries_total: {
    kind: 'counter',
    help: 'Attempts of this controller to deliver an event to a webhook, and ends without one, by outcome',
    labels: ['outcome'],
  },
  garrison_webhook_attempt_seconds: {
    kind: 'histogram',
    help: 'From the beginning of an attempt to the end of the answer of the webhook',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  },
  garrison_event_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest event that a destination which is not paused has not taken up, by kind of destination',
    labels: ['destination'],
  },
  garrison_broker_connected: { kind: 'gauge', help: 'Whether messages can be sent to the event broker' },
  garrison_broker_messages_total: {
    kind: 'counter',
    help: 'Messages for the event broker, by what became of them',
    labels: ['word'],
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export interface MetricSpec {
  readonly kind: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}

type Table = typeof METRICS;
type Named<Kind> = { [Name in keyof Table]: Table[Name]['kind'] extends Kind ? Name : never }[keyof Table];
export type GaugeName = Named<'gauge'>;
export type CounterName = Named<'counter'>;
export type HistogramName = Named<'histogram'>;

export type Labels = Readonly<Record<string, string>>;

/** A value, or one for each value of the gauge's label. */
export type Reading = number | Readonly<Record<string, number>>;

export interface Telemetry {
  /** Asked whenever metrics are collected; a reading that fails leaves the gauge out of that collection. */
  gauge(name: GaugeName, read: () => Reading | Promise<Reading>): void;
  count(name: CounterName, labels?: Labels, by?: number): void;
  observe(name: HistogramName, value: number, labels?: Labels): void;
}
