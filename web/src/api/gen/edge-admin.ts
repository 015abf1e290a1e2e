// Written by test/guards/write-openapi.ts from the OpenAPI document of this surface.

type Admin = { readonly id: string; readonly name: string; readonly max_wireguard_peers: number; readonly admin_peer_count: number; readonly edge_node_capacity: number; readonly erlang_node_name: string; readonly vpn_hostname: string; readonly netmaker_host_id: string; readonly admin_cluster_name: string; readonly last_computed_at: string | null; };
type MyAdminCluster = { readonly name: string; readonly total_admins: number; readonly total_nodes: number; readonly total_edge_capacity: number; readonly degraded: boolean; readonly weak_leader: string; readonly topology: readonly ({ readonly name: string; readonly max_wireguard_peers: number; readonly admin_peer_count: number; readonly edge_node_capacity: number; readonly erlang_node_name: string; readonly vpn_hostname: string; readonly netmaker_host_id: string; })[]; };
type OrphanedClusters = Readonly<Record<string, readonly (string)[]>>;
type EdgeClusters = Readonly<Record<string, OrphanedClusters>>;
type ClusterCreate = { readonly name: string; readonly ipv4_range?: string | null | undefined; readonly node_limit?: number | null | undefined; };
type Cluster = { readonly id: string; readonly name: string; readonly ipv4_range: string; readonly node_limit: number | null; readonly node_count: number; readonly nodes: readonly ({ readonly id: string; readonly id_type: "persistent" | "random"; readonly status: "healthy" | "unhealthy" | "unreachable"; readonly vpn_hostname: string; })[]; readonly network_name: string; readonly vpn_domain: string; readonly inserted_at: string; readonly updated_at: string; };
type ClusterUpdate = { readonly node_limit?: number | null | undefined; };
type EnrollmentKey = { readonly id: string; readonly cluster_name: string; readonly key: string; readonly name: string | null; readonly tags: readonly (string)[]; readonly uses_remaining: number | null; readonly expired_at: string | null; readonly last_used_at: string | null; readonly inserted_at: string; readonly updated_at: string; };
type EnrollmentKeyCreate = { readonly name?: string | null | undefined; readonly tags?: readonly (string)[] | undefined; readonly uses_remaining?: number | null | undefined; readonly expired_at?: string | null | undefined; };
type Node = { readonly id: string; readonly node_name: string; readonly vpn_hostname: string; readonly mdns_hostname: string; readonly cluster_name: string; readonly id_type: "persistent" | "random"; readonly status: "healthy" | "unhealthy" | "unreachable"; readonly version: string | null; readonly self_update_enabled: boolean; readonly http_port: number; readonly ssh_port: number; readonly host_metrics_port: number; readonly wireguard_metrics_port: number; readonly http_proxy_port: number; readonly socks5_proxy_port: number; readonly api_token: string; readonly proxy_password: string; readonly netmaker_host_id: string | null; readonly last_seen_at: string | null; readonly inserted_at: string; readonly updated_at: string; };
type ChangeCluster = { readonly cluster_name: string; };
type AliasCreate = { readonly name: string; };
type Alias = { readonly id: string; readonly name: string; readonly vpn_hostname: string; readonly node_id: string; readonly cluster_name: string; readonly inserted_at: string; readonly updated_at: string; };
type Targeting = { readonly type: "all" | "nodes" | "clusters"; readonly node_ids?: readonly (string)[] | undefined; readonly cluster_names?: readonly (string)[] | undefined; readonly node_filters?: { readonly id_type?: "persistent" | "random" | undefined; readonly status?: "healthy" | "unhealthy" | "unreachable" | undefined; readonly version?: string | undefined; readonly self_update_enabled?: boolean | undefined; readonly cluster_name?: string | undefined; readonly last_seen_at__gte?: string | undefined; readonly last_seen_at__lte?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; } | undefined; readonly cluster_filters?: { readonly name?: string | undefined; readonly ipv4_range?: string | undefined; readonly has_node_limit?: boolean | undefined; readonly node_count?: number | undefined; readonly node_count__gte?: number | undefined; readonly node_count__lte?: number | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; } | undefined; };
type CommandCreate = { readonly command_text: string; readonly targeting: Targeting; readonly timeout?: number | null | undefined; readonly expired_at?: string | null | undefined; };
type Command = { readonly id: string; readonly command_text: string; readonly targeting: Targeting; readonly timeout: number | null; readonly expired_at: string | null; readonly inserted_at: string; readonly updated_at: string; readonly command_sha256: string | null; readonly created_by: string | null; };
type CommandExecution = { readonly id: string; readonly command_id: string; readonly node_id: string | null; readonly command_text: string | null; readonly cluster_name: string | null; readonly target_all: boolean; readonly status: "pending" | "sent" | "completed" | "cancelled" | "expired"; readonly exit_code: number | null; readonly output: string | null; readonly timeout: number | null; readonly expired_at: string | null; readonly sent_at: string | null; readonly completed_at: string | null; readonly cancelled_at: string | null; readonly inserted_at: string; readonly updated_at: string; };
type Cancellation = { readonly result: string; };
type SelfUpdateCreate = { readonly targeting: Targeting; };
type SelfUpdate = { readonly id: string; readonly targeting: Readonly<Record<string, unknown>>; readonly status: "pending" | "processing" | "completed"; readonly summary: { readonly total: number; readonly triggered: number; readonly failed: number; } | null; readonly failures: readonly ({ readonly node_id: string | null; readonly node_name: string | null; readonly code: string; readonly message: string; })[]; readonly inserted_at: string; readonly updated_at: string; };
type AdminMetrics = { readonly timestamp: string; readonly application: { readonly memory_total_bytes: number | null; readonly memory_total_mb: number | null; readonly heap_used_bytes: number | null; readonly cpu_seconds_total: number | null; readonly uptime_seconds: number | null; readonly uptime_human: string | null; readonly atom_count: null; readonly ets_count: null; readonly memory_atom_bytes: null; readonly memory_atom_mb: null; readonly memory_binary_bytes: null; readonly memory_binary_mb: null; readonly memory_code_bytes: null; readonly memory_code_mb: null; readonly memory_ets_bytes: null; readonly memory_ets_mb: null; readonly memory_processes_bytes: null; readonly memory_processes_mb: null; readonly port_count: null; readonly process_count: null; }; readonly commands: { readonly execution_delivered_total: number; readonly execution_completed_total: number; readonly delivery_delivered_count: null; readonly delivery_total: null; readonly expiration_total: null; }; readonly database: { readonly connections: Readonly<Record<string, number>>; }; readonly discovery: { readonly dns_resolutions_total: null; readonly peer_connections_total: null; readonly scans_total: null; }; readonly event_broker: { readonly enabled: boolean; readonly connected: boolean; readonly trouble: string | null; readonly enqueues_total: number; readonly publishes_error_total: number; readonly publishes_ok_total: number; readonly publishes_total: number; }; readonly event_streams: { readonly open: number; }; readonly gateways: { readonly active_count: null; readonly connections_total: null; readonly scrapes_total: null; }; readonly membership: { readonly complete_total: null; readonly steps_completed_total: null; }; readonly metadata: { readonly assigned_clusters: number; readonly degraded: boolean; readonly orphaned_clusters: number; readonly recomputations_total: null; }; readonly nodes: { readonly health_checks_total: null; }; readonly oban_queues: readonly ({ readonly queue: string; readonly available: null; readonly cancelled: null; readonly completed: null; readonly discarded: null; readonly executing: null; readonly retryable: null; readonly scheduled: null; })[]; readonly proxy: { readonly auth_failures_total: null; readonly bytes_down_mb: null; readonly bytes_down_total: null; readonly bytes_up_mb: null; readonly bytes_up_total: null; readonly connections_auth_failed_total: null; readonly connections_failure_total: null; readonly connections_success_total: null; readonly connections_total: null; readonly tunnels_closed_deadline_total: null; readonly tunnels_closed_drain_timeout_total: null; readonly tunnels_closed_normal_total: null; readonly tunnels_closed_total: null; }; readonly quantum: { readonly jobs_exceptions_total: null; readonly jobs_executed_total: null; }; readonly queues: readonly ({ readonly queue: string; readonly waiting: number; })[]; readonly reconciliation: { readonly errors: null; readonly total: null; }; readonly self_updates: { readonly completed_total: number; }; readonly sessions: { readonly open: number; }; readonly ssh: { readonly verifications_failed: null; readonly verifications_total: null; }; readonly vpn: { readonly zombie_cleanup_deleted_count: null; readonly zombie_cleanup_total: null; }; readonly webhook: { readonly deliveries_ok_total: null; readonly deliveries_recoverable_total: null; readonly deliveries_terminal_total: null; readonly deliveries_total: null; readonly fan_outs_total: null; }; };
type UnifiedMetrics = { readonly node_id: string; readonly cluster_name: string; readonly timestamp: string; readonly host: { readonly available: boolean; readonly cpu?: { readonly cores: number | null; readonly load_1m: number | null; readonly load_5m: number | null; readonly load_15m: number | null; readonly usage_percent: number | null; readonly core_usage_percent: readonly (number)[]; } | undefined; readonly memory?: { readonly total_bytes: number | null; readonly total_gb: number | null; readonly available_bytes: number | null; readonly available_gb: number | null; readonly used_bytes: number | null; readonly used_gb: number | null; readonly usage_percent: number | null; } | undefined; readonly swap?: { readonly total_bytes: number | null; readonly total_gb: number | null; readonly available_bytes: number | null; readonly available_gb: number | null; readonly used_bytes: number | null; readonly used_gb: number | null; readonly usage_percent: number | null; } | undefined; readonly disk?: { readonly total_bytes: number | null; readonly total_gb: number | null; readonly available_bytes: number | null; readonly available_gb: number | null; readonly used_bytes: number | null; readonly used_gb: number | null; readonly usage_percent: number | null; } | undefined; readonly disks?: readonly ({ readonly mount: string; readonly device: string; readonly file_system: string; readonly total_bytes: number | null; readonly total_gb: number | null; readonly available_bytes: number | null; readonly available_gb: number | null; readonly used_bytes: number | null; readonly used_gb: number | null; readonly usage_percent: number | null; })[] | undefined; readonly network?: readonly ({ readonly interface: string; readonly received_bytes: number; readonly sent_bytes: number; readonly receive_errors: number; readonly send_errors: number; })[] | undefined; readonly uptime?: { readonly seconds: number | null; readonly human: string | null; } | undefined; readonly processes?: { readonly total: number | null; readonly runnable: number | null; } | undefined; readonly temperatures?: readonly ({ readonly sensor: string; readonly celsius: number; })[] | undefined; }; readonly agent: { readonly available: boolean; readonly application?: { readonly memory_total_bytes: number | null; readonly memory_total_mb: number | null; readonly heap_used_bytes: number | null; readonly cpu_seconds_total: number | null; readonly uptime_seconds: number | null; readonly uptime_human: string | null; readonly memory_binary_bytes: null; readonly memory_binary_mb: null; readonly memory_ets_bytes: null; readonly memory_ets_mb: null; readonly memory_processes_bytes: null; readonly memory_processes_mb: null; readonly process_count: null; } | undefined; readonly commands?: { readonly enqueued_total: number; readonly completed_total: number; readonly reported_total: number; readonly synced_total: null; } | undefined; readonly discovery?: { readonly admins_found_last: null; readonly scans_total: null; } | undefined; readonly health_check?: { readonly reports_total: null; } | undefined; readonly oban_queues?: readonly ({ readonly queue: string; readonly available: number; readonly executing: number; readonly completed: number; readonly discarded: number; readonly retryable: number; })[] | undefined; readonly proxy?: { readonly bytes_down_mb: null; readonly bytes_down_total: null; readonly bytes_up_mb: null; readonly bytes_up_total: null; readonly http_blocked_by_reason: null; readonly http_blocked_total: null; readonly http_connections_total: null; readonly socks5_blocked_by_reason: null; readonly socks5_blocked_total: null; readonly socks5_connections_total: null; readonly tunnels_closed_deadline_total: null; readonly tunnels_closed_drain_timeout_total: null; readonly tunnels_closed_normal_total: null; readonly tunnels_closed_total: null; } | undefined; readonly spool?: { readonly unconfirmed: number; readonly spooled_bytes: number; readonly journal_bytes: number; } | undefined; readonly ssh?: { readonly authentications_total: null; readonly connections_total: null; } | undefined; readonly vpn?: { readonly pulls_total: null; } | undefined; }; };
type CapacityFigures = { readonly total_bytes: number | null; readonly total_gb: number | null; readonly available_bytes: number | null; readonly available_gb: number | null; readonly used_bytes: number | null; readonly used_gb: number | null; readonly usage_percent: number | null; };
type HostMetrics = { readonly node_id: string; readonly cluster_name: string; readonly timestamp: string; readonly cpu: { readonly cores: number | null; readonly load_1m: number | null; readonly load_5m: number | null; readonly load_15m: number | null; readonly usage_percent: number | null; readonly core_usage_percent: readonly (number)[]; }; readonly memory: CapacityFigures; readonly swap: CapacityFigures; readonly disk: { readonly total_bytes: number | null; readonly total_gb: number | null; readonly available_bytes: number | null; readonly available_gb: number | null; readonly used_bytes: number | null; readonly used_gb: number | null; readonly usage_percent: number | null; }; readonly disks: readonly ({ readonly mount: string; readonly device: string; readonly file_system: string; readonly total_bytes: number | null; readonly total_gb: number | null; readonly available_bytes: number | null; readonly available_gb: number | null; readonly used_bytes: number | null; readonly used_gb: number | null; readonly usage_percent: number | null; })[]; readonly network: readonly ({ readonly interface: string; readonly received_bytes: number; readonly sent_bytes: number; readonly receive_errors: number; readonly send_errors: number; })[]; readonly uptime: { readonly seconds: number | null; readonly human: string | null; }; readonly processes: { readonly total: number | null; readonly runnable: number | null; }; readonly temperatures: readonly ({ readonly sensor: string; readonly celsius: number; })[]; };
type AgentMetrics = { readonly node_id: string; readonly cluster_name: string; readonly timestamp: string; readonly application: { readonly memory_total_bytes: number | null; readonly memory_total_mb: number | null; readonly heap_used_bytes: number | null; readonly cpu_seconds_total: number | null; readonly uptime_seconds: number | null; readonly uptime_human: string | null; readonly memory_binary_bytes: null; readonly memory_binary_mb: null; readonly memory_ets_bytes: null; readonly memory_ets_mb: null; readonly memory_processes_bytes: null; readonly memory_processes_mb: null; readonly process_count: null; }; readonly commands: { readonly enqueued_total: number; readonly completed_total: number; readonly reported_total: number; readonly synced_total: null; }; readonly discovery: { readonly admins_found_last: null; readonly scans_total: null; }; readonly health_check: { readonly reports_total: null; }; readonly oban_queues: readonly ({ readonly queue: string; readonly available: number; readonly executing: number; readonly completed: number; readonly discarded: number; readonly retryable: number; })[]; readonly proxy: { readonly bytes_down_mb: null; readonly bytes_down_total: null; readonly bytes_up_mb: null; readonly bytes_up_total: null; readonly http_blocked_by_reason: null; readonly http_blocked_total: null; readonly http_connections_total: null; readonly socks5_blocked_by_reason: null; readonly socks5_blocked_total: null; readonly socks5_connections_total: null; readonly tunnels_closed_deadline_total: null; readonly tunnels_closed_drain_timeout_total: null; readonly tunnels_closed_normal_total: null; readonly tunnels_closed_total: null; }; readonly spool: { readonly unconfirmed: number; readonly spooled_bytes: number; readonly journal_bytes: number; }; readonly ssh: { readonly authentications_total: null; readonly connections_total: null; }; readonly vpn: { readonly pulls_total: null; }; };
type SshUsernameCreate = { readonly username: string; readonly password?: string | null | undefined; readonly public_keys?: readonly ({ readonly key_name: string; readonly public_key: string; })[] | null | undefined; };
type SshPublicKey = { readonly id: string; readonly ssh_username_id: string; readonly key_name: string; readonly public_key: string; readonly inserted_at: string; readonly updated_at: string; };
type SshUsername = { readonly id: string; readonly node_id: string; readonly username: string; readonly has_password: boolean; readonly public_keys: readonly (SshPublicKey)[]; readonly inserted_at: string; readonly updated_at: string; };
type SshPublicKeyCreate = { readonly key_name: string; readonly public_key: string; };
type WebhookCreate = { readonly url: string; readonly secret: string; readonly headers?: Readonly<Record<string, string>> | undefined; readonly subscribed_events: readonly (string)[]; };
type Webhook = { readonly id: string; readonly url: string; readonly subscribed_events: readonly (string)[]; readonly inserted_at: string; readonly updated_at: string; readonly paused_at: string | null; readonly pause_reason: string | null; readonly failures: number; readonly failing_since: string | null; readonly waiting_events: number; };
type Delivery = { readonly id: string; readonly webhook_id: string; readonly event_id: string; readonly event_type: string; readonly subject: string; readonly attempt: number; readonly outcome: "delivered" | "refused" | "failed" | "exhausted" | "outdated" | "forgotten"; readonly word: string; readonly status: number | null; readonly duration_ms: number | null; readonly next_attempt_at: string | null; readonly answer: string | null; readonly inserted_at: string; };
type RedeliveryRequest = { readonly event_id?: string | undefined; readonly since?: string | undefined; readonly until?: string | undefined; };
type Redelivery = { readonly queued: number; };
type SentTest = { readonly event_id: string; };
type WebhookPauseRequest = { readonly reason?: string | undefined; };
type SecretRotation = { readonly secret: string; readonly overlap_seconds?: number | undefined; };

export interface Operations {
  "GET /api/v1/admins/me": {
    readonly answer: { readonly data: Admin; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/admins/my_admin_cluster": {
    readonly answer: { readonly data: MyAdminCluster; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/admins/admin_clusters": {
    readonly answer: { readonly data: readonly ({ readonly name: string; readonly ipv4_range: string; readonly admin_count: number; readonly admins: readonly ({ readonly name: string; readonly vpn_hostname: string; readonly netmaker_host_id: string; readonly status: "online" | "offline" | "disconnected"; readonly last_checked_in: string | null; readonly ipv4_address: null; readonly wireguard_ip_address: null; readonly wireguard_port: null; readonly use_static_port: boolean; })[]; })[]; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/admins/edge_clusters": {
    readonly answer: { readonly data: EdgeClusters; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/admins/orphaned_clusters": {
    readonly answer: { readonly data: OrphanedClusters; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/clusters": {
    readonly body: ClusterCreate;
    readonly answer: { readonly data: Cluster; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/clusters": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly name?: string | undefined; readonly ipv4_range?: string | undefined; readonly node_limit?: number | undefined; readonly node_limit__gte?: number | undefined; readonly node_limit__lte?: number | undefined; readonly has_node_limit?: boolean | undefined; readonly node_count__gte?: number | undefined; readonly node_count__lte?: number | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (Cluster)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/clusters/{name}": {
    readonly path: { readonly name: string; };
    readonly answer: { readonly data: Cluster; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "PATCH /api/v1/clusters/{name}": {
    readonly path: { readonly name: string; };
    readonly body: ClusterUpdate;
    readonly answer: { readonly data: Cluster; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/clusters/{name}": {
    readonly path: { readonly name: string; };
    readonly answer: undefined;
  };
  "POST /api/v1/clusters/default/enrollment_keys/public": {
    readonly answer: { readonly data: EnrollmentKey; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/clusters/default/enrollment_keys": {
    readonly body: EnrollmentKeyCreate;
    readonly answer: { readonly data: EnrollmentKey; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/clusters/{cluster_name}/enrollment_keys": {
    readonly path: { readonly cluster_name: string; };
    readonly body: EnrollmentKeyCreate;
    readonly answer: { readonly data: EnrollmentKey; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/enrollment_keys": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly cluster_name?: string | undefined; readonly name?: string | undefined; readonly has_name?: boolean | undefined; readonly key?: string | undefined; readonly uses_remaining?: number | undefined; readonly uses_remaining__gte?: number | undefined; readonly uses_remaining__lte?: number | undefined; readonly is_unlimited?: boolean | undefined; readonly is_spent?: boolean | undefined; readonly is_expired?: boolean | undefined; readonly is_never_used?: boolean | undefined; readonly has_expiry?: boolean | undefined; readonly expired_at__gte?: string | undefined; readonly expired_at__lte?: string | undefined; readonly last_used_at__gte?: string | undefined; readonly last_used_at__lte?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (EnrollmentKey)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/enrollment_keys/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: EnrollmentKey; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "PATCH /api/v1/enrollment_keys/{id}": {
    readonly path: { readonly id: string; };
    readonly body: EnrollmentKeyCreate;
    readonly answer: { readonly data: EnrollmentKey; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/enrollment_keys/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "GET /api/v1/nodes": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly id_type?: "persistent" | "random" | undefined; readonly status?: "healthy" | "unhealthy" | "unreachable" | undefined; readonly version?: string | undefined; readonly self_update_enabled?: boolean | undefined; readonly cluster_name?: string | undefined; readonly last_seen_at__gte?: string | undefined; readonly last_seen_at__lte?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (Node)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/nodes/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: Node; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/nodes/{id}": {
    readonly path: { readonly id: string; };
    readonly query?: { readonly even_degraded?: boolean | undefined; };
    readonly answer: undefined;
  };
  "PATCH /api/v1/nodes/{id}/change_cluster": {
    readonly path: { readonly id: string; };
    readonly body: ChangeCluster;
    readonly answer: { readonly data: Node; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/nodes/{node_id}/aliases": {
    readonly path: { readonly node_id: string; };
    readonly body: AliasCreate;
    readonly answer: { readonly data: Alias; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/aliases": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly name?: string | undefined; readonly node_id?: string | undefined; readonly cluster_name?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (Alias)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/aliases/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: Alias; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/aliases/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "POST /api/v1/commands": {
    readonly body: CommandCreate;
    readonly answer: { readonly data: Command; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/commands": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly command_text?: string | undefined; readonly has_timeout?: boolean | undefined; readonly has_expired_at?: boolean | undefined; readonly timeout__gte?: number | undefined; readonly timeout__lte?: number | undefined; readonly expired_at__gte?: string | undefined; readonly expired_at__lte?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (Command)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/commands/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: Command; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/commands/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "GET /api/v1/command_executions": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly status?: "pending" | "sent" | "completed" | "cancelled" | "expired" | undefined; readonly target_all?: boolean | undefined; readonly exit_code?: number | undefined; readonly exit_code__gte?: number | undefined; readonly exit_code__lte?: number | undefined; readonly has_output?: boolean | undefined; readonly command_id?: string | undefined; readonly node_id?: string | undefined; readonly output?: string | undefined; readonly cluster_name?: string | undefined; readonly has_cluster?: boolean | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; readonly sent_at__gte?: string | undefined; readonly sent_at__lte?: string | undefined; readonly completed_at__gte?: string | undefined; readonly completed_at__lte?: string | undefined; readonly cancelled_at__gte?: string | undefined; readonly cancelled_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (CommandExecution)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/command_executions/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: CommandExecution; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/command_executions/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "PATCH /api/v1/command_executions/{id}/cancel": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: Cancellation; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/self_update_requests": {
    readonly body: SelfUpdateCreate;
    readonly answer: { readonly data: SelfUpdate; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/self_update_requests": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly status?: "pending" | "processing" | "completed" | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (SelfUpdate)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/self_update_requests/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: SelfUpdate; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/self_update_requests/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "GET /api/v1/admins/me/metrics": {
    readonly answer: { readonly data: AdminMetrics; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/nodes/{node_id}/metrics": {
    readonly path: { readonly node_id: string; };
    readonly answer: { readonly data: UnifiedMetrics; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/nodes/{node_id}/metrics/host": {
    readonly path: { readonly node_id: string; };
    readonly answer: HostMetrics;
  };
  "GET /api/v1/nodes/{node_id}/metrics/agent": {
    readonly path: { readonly node_id: string; };
    readonly answer: { readonly data: AgentMetrics; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/nodes/{node_id}/ssh_usernames": {
    readonly path: { readonly node_id: string; };
    readonly body: SshUsernameCreate;
    readonly answer: { readonly data: SshUsername; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/ssh_usernames": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly username?: string | undefined; readonly node_id?: string | undefined; readonly has_password?: boolean | undefined; readonly cluster_name?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (SshUsername)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/ssh_usernames/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: SshUsername; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/ssh_usernames/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "POST /api/v1/ssh_usernames/{ssh_username_id}/ssh_public_keys": {
    readonly path: { readonly ssh_username_id: string; };
    readonly body: SshPublicKeyCreate;
    readonly answer: { readonly data: SshPublicKey; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/ssh_public_keys": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly key_name?: string | undefined; readonly public_key?: string | undefined; readonly ssh_username_id?: string | undefined; readonly node_id?: string | undefined; readonly username?: string | undefined; readonly cluster_name?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (SshPublicKey)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/ssh_public_keys/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: SshPublicKey; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/ssh_public_keys/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "GET /api/v1/event_types": {
    readonly answer: { readonly data: readonly (string)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/events/stream": {
    readonly query?: { readonly type?: string | undefined; readonly node_id?: string | undefined; readonly since?: string | undefined; };
    readonly answer: undefined;
  };
  "POST /api/v1/webhooks": {
    readonly body: WebhookCreate;
    readonly answer: { readonly data: Webhook; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "GET /api/v1/webhooks": {
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly url?: string | undefined; readonly event_type?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; readonly updated_at__gte?: string | undefined; readonly updated_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (Webhook)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "GET /api/v1/webhooks/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: Webhook; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "DELETE /api/v1/webhooks/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "GET /api/v1/webhooks/{id}/deliveries": {
    readonly path: { readonly id: string; };
    readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined; readonly order_by?: string | undefined; readonly order_directions?: string | undefined; readonly event_id?: string | undefined; readonly event_type?: string | undefined; readonly outcome?: "delivered" | "refused" | "failed" | "exhausted" | "outdated" | "forgotten" | undefined; readonly word?: string | undefined; readonly inserted_at__gte?: string | undefined; readonly inserted_at__lte?: string | undefined; };
    readonly answer: { readonly data: readonly (Delivery)[]; readonly meta: { readonly request_id: string; readonly timestamp: string; readonly pagination: { readonly page: number; readonly page_size: number; readonly total_count: number; readonly total_pages: number; readonly has_next: boolean; readonly has_prev: boolean; readonly next_page: number | null; readonly prev_page: number | null; }; }; };
  };
  "POST /api/v1/webhooks/{id}/redeliver": {
    readonly path: { readonly id: string; };
    readonly body: RedeliveryRequest;
    readonly answer: { readonly data: Redelivery; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/webhooks/{id}/test": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: SentTest; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/webhooks/{id}/pause": {
    readonly path: { readonly id: string; };
    readonly body: WebhookPauseRequest;
    readonly answer: { readonly data: Webhook; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/webhooks/{id}/resume": {
    readonly path: { readonly id: string; };
    readonly answer: { readonly data: Webhook; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
  "POST /api/v1/webhooks/{id}/rotate_secret": {
    readonly path: { readonly id: string; };
    readonly body: SecretRotation;
    readonly answer: { readonly data: Webhook; readonly meta: { readonly request_id: string; readonly timestamp: string; }; };
  };
}
