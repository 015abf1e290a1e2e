/** What passes over the wire of the edge-admin surface (seed 001), for the operations the client offers. */

export interface Meta {
  readonly request_id: string;
  readonly timestamp: string;
}

export interface Pagination {
  readonly page: number;
  readonly page_size: number;
  readonly total_count: number;
  readonly total_pages: number;
  readonly has_next: boolean;
  readonly has_prev: boolean;
  readonly next_page?: number | null;
  readonly prev_page?: number | null;
}

export interface Single<T> {
  readonly data: T;
  readonly meta: Meta;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly meta: Meta & { readonly pagination: Pagination };
}

export type NodeStatus = 'healthy' | 'unhealthy' | 'unreachable';
export type IdType = 'persistent' | 'random';

export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly network_name: string;
  readonly vpn_domain: string;
  readonly ipv4_range: string;
  readonly node_limit: number | null;
  readonly node_count: number;
  readonly nodes: readonly NodeSummary[];
  readonly inserted_at: string;
  readonly updated_at: string;
}

export interface NodeSummary {
  readonly id: string;
  readonly id_type: IdType;
  readonly status: NodeStatus;
  readonly vpn_hostname: string;
}

export interface EnrollmentKey {
  readonly id: string;
  readonly cluster_name: string;
  readonly name?: string | null;
  readonly key: string;
  /** Null: unlimited. */
  readonly uses_remaining: number | null;
  readonly expired_at?: string | null;
  readonly last_used_at?: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}

/** A machine, with the tokens the contract shows of it. */
export interface AdminNode {
  readonly id: string;
  readonly node_name?: string;
  readonly id_type: IdType;
  readonly status?: NodeStatus;
  readonly cluster_name: string;
  readonly version?: string | null;
  readonly vpn_hostname?: string;
  readonly mdns_hostname?: string;
  readonly self_update_enabled?: boolean;
  readonly last_seen_at?: string | null;
  readonly http_port: number;
  readonly ssh_port: number;
  readonly host_metrics_port: number;
  readonly wireguard_metrics_port: number;
  readonly http_proxy_port: number;
  readonly socks5_proxy_port: number;
  readonly netmaker_host_id?: string | null;
  readonly api_token: string;
  readonly proxy_password: string;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export interface Alias {
  readonly id: string;
  readonly name: string;
  readonly node_id: string;
  readonly cluster_name: string;
  readonly vpn_hostname: string;
  readonly inserted_at?: string;
  readonly updated_at?: string;
}

export type Filters = Readonly<Record<string, string | number | boolean>>;

export interface Targeting {
  readonly type: 'all' | 'nodes' | 'clusters';
  readonly node_ids?: readonly string[];
  readonly cluster_names?: readonly string[];
  readonly node_filters?: Filters;
  readonly cluster_filters?: Filters;
}

export interface CommandFields {
  readonly command_text: string;
  readonly targeting: Targeting;
  /** Milliseconds; without one the command may take as long as it wants. */
  readonly timeout?: number;
  readonly expired_at?: string;
}

export interface Command {
  readonly id: string;
  /** Name of the key that created it; not told by older controllers. */
  readonly created_by?: string | null;
  readonly command_text: string;
  readonly targeting: Targeting;
  readonly timeout?: number | null;
  readonly expired_at?: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export type ExecutionStatus = 'pending' | 'sent' | 'completed' | 'cancelled' | 'expired';

export interface CommandExecution {
  readonly id: string;
  readonly command_id: string;
  readonly command_text?: string | null;
  /** Null once the node is deleted. */
  readonly node_id: string | null;
  readonly cluster_name?: string | null;
  readonly status: ExecutionStatus;
  readonly exit_code?: number | null;
  readonly output?: string | null;
  readonly target_all: boolean;
  readonly timeout?: number | null;
  readonly expired_at?: string | null;
  readonly sent_at?: string | null;
  readonly completed_at?: string | null;
  readonly cancelled_at?: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}

/** A controller process, in this contract's words. */
export interface Admin {
  readonly id: string;
  readonly name: string;
  readonly admin_cluster_name: string;
  readonly admin_peer_count: number;
  readonly edge_node_capacity: number;
  readonly max_wireguard_peers: number;
  readonly erlang_node_name: string;
  readonly vpn_hostname: string;
  readonly netmaker_host_id: string;
  readonly last_computed_at?: string | null;
}

export interface AdminTopology {
  readonly name: string;
  readonly total_admins: number;
  readonly total_nodes: number;
  readonly total_edge_capacity: number;
  readonly degraded: boolean;
  readonly weak_leader: string;
  readonly topology: readonly Omit<Admin, 'id' | 'admin_cluster_name' | 'last_computed_at'>[];
}

export interface AdminCluster {
  readonly name: string;
  readonly ipv4_range: string;
  readonly admin_count: number;
  readonly admins: readonly AdminMember[];
}

export interface AdminMember {
  readonly name: string;
  readonly status?: 'online' | 'offline' | 'disconnected' | null;
  readonly last_checked_in?: string | null;
  readonly vpn_hostname: string;
}

/** Admin → cluster → its nodes. */
export type EdgeClusters = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
/** Cluster → its nodes. */
export type OrphanedClusters = Readonly<Record<string, readonly string[]>>;

interface Measured {
  readonly node_id: string;
  readonly cluster_name: string;
  /** When the controller was told. */
  readonly timestamp: string;
}

/** Figures without a source on the host are null. */
export interface HostFigures {
  readonly cpu: {
    readonly cores: number | null;
    readonly load_1m: number | null;
    readonly load_5m: number | null;
    readonly load_15m: number | null;
    readonly usage_percent: number | null;
    readonly core_usage_percent: readonly number[];
  };
  readonly memory: CapacityFigures;
  readonly swap: CapacityFigures;
  /** The root. */
  readonly disk: CapacityFigures;
  readonly disks: readonly (CapacityFigures & {
    readonly mount: string;
    readonly device: string;
    readonly file_system: string;
  })[];
  readonly network: readonly {
    readonly interface: string;
    readonly received_bytes: number;
    readonly sent_bytes: number;
    readonly receive_errors: number;
    readonly send_errors: number;
  }[];
  readonly uptime: { readonly seconds: number | null; readonly human: string | null };
  readonly processes: { readonly total: number | null; readonly runnable: number | null };
  readonly temperatures: readonly { readonly sensor: string; readonly celsius: number }[];
}

export interface CapacityFigures {
  readonly total_bytes: number | null;
  readonly available_bytes: number | null;
  readonly used_bytes: number | null;
  readonly usage_percent: number | null;
}

export interface ProcessFigures {
  readonly memory_total_bytes: number | null;
  readonly cpu_seconds_total: number | null;
  readonly uptime_seconds: number | null;
  readonly uptime_human: string | null;
}

/** Of the daemon. */
export interface AgentFigures {
  readonly application: ProcessFigures;
  readonly commands: {
    readonly enqueued_total: number;
    readonly completed_total: number;
    readonly reported_total: number;
  };
  readonly oban_queues: readonly { readonly queue: string; readonly available: number; readonly executing: number }[];
  readonly spool: {
    readonly unconfirmed: number;
    readonly spooled_bytes: number;
    readonly journal_bytes: number;
  };
}

export type HostMetrics = Measured & HostFigures;
export type AgentMetrics = Measured & AgentFigures;

/** What was not told lately is not available, and has no figures. */
export interface NodeMetrics extends Measured {
  readonly host: { readonly available: false } | (HostFigures & { readonly available: true });
  readonly agent: { readonly available: false } | (AgentFigures & { readonly available: true });
}

export interface AdminMetrics {
  readonly timestamp: string;
  readonly application: ProcessFigures;
  readonly commands: { readonly execution_delivered_total: number; readonly execution_completed_total: number };
  readonly database: { readonly connections: Readonly<Record<string, number>> };
  readonly event_streams: { readonly open: number };
  readonly metadata: {
    readonly assigned_clusters: number;
    readonly orphaned_clusters: number;
    readonly degraded: boolean;
  };
  readonly queues: readonly { readonly queue: string; readonly waiting: number }[];
  readonly sessions: { readonly open: number };
}
