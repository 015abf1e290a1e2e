import { type ApiRequest, type Connection, path, type QueryValue } from '../connection.ts';
import { readEventStream } from '../read-event-stream.ts';
import { walkPages } from '../walk-pages.ts';
import type {
  Admin,
  AdminClusters,
  AdminMetrics,
  AdminNode,
  AdminTopology,
  AgentMetrics,
  Alias,
  Cancellation,
  Cluster,
  ClusterChanges,
  ClusterFields,
  Command,
  CommandExecution,
  CommandFields,
  Delivery,
  EdgeClusters,
  EnrollmentKey,
  EnrollmentKeyFields,
  HostMetrics,
  NodeMetrics,
  OrphanedClusters,
  Page,
  Redelivery,
  RedeliveryFields,
  SelfUpdate,
  SelfUpdateFields,
  SentTest,
  Single,
  SshPublicKey,
  SshPublicKeyFields,
  SshUsername,
  SshUsernameFields,
  Webhook,
  WebhookFields,
} from './wire.ts';

/** The list grammar of the contract: field filters with `*` and commas, `__gte`, `__lte`, `order_by`, `order_directions`. */
export type ListQuery = Readonly<Record<string, QueryValue>>;
type List<T> = AsyncGenerator<T, void, void>;

/** `/api/v1`, with the API key or the master key. Envelopes are opened, lists walked page by page. */
export class EdgeAdminClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  clusters(query: ListQuery = {}): List<Cluster> {
    return this.#list('/api/v1/clusters', query);
  }

  cluster(name: string): Promise<Cluster> {
    return this.#one({ path: path`/api/v1/clusters/${name}` });
  }

  createCluster(body: ClusterFields): Promise<Cluster> {
    return this.#one({ method: 'POST', path: '/api/v1/clusters', body });
  }

  updateCluster(name: string, body: ClusterChanges): Promise<Cluster> {
    return this.#one({ method: 'PATCH', path: path`/api/v1/clusters/${name}`, body });
  }

  deleteCluster(name: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/clusters/${name}` });
  }

  /** A key of the cluster, or of the default cluster when none is named. */
  createEnrollmentKey(clusterName: string | undefined, body: EnrollmentKeyFields): Promise<EnrollmentKey> {
    return this.#one({
      method: 'POST',
      path: path`/api/v1/clusters/${clusterName ?? 'default'}/enrollment_keys`,
      body,
    });
  }

  enrollmentKeys(query: ListQuery = {}): List<EnrollmentKey> {
    return this.#list('/api/v1/enrollment_keys', query);
  }

  enrollmentKey(id: string): Promise<EnrollmentKey> {
    return this.#one({ path: path`/api/v1/enrollment_keys/${id}` });
  }

  updateEnrollmentKey(id: string, body: EnrollmentKeyFields): Promise<EnrollmentKey> {
    return this.#one({ method: 'PATCH', path: path`/api/v1/enrollment_keys/${id}`, body });
  }

  deleteEnrollmentKey(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/enrollment_keys/${id}` });
  }

  nodes(query: ListQuery = {}): List<AdminNode> {
    return this.#list('/api/v1/nodes', query);
  }

  node(id: string): Promise<AdminNode> {
    return this.#one({ path: path`/api/v1/nodes/${id}` });
  }

  /** `evenDegraded` is an addition of ours: the removal that cures a fleet which is larger than its controllers. */
  deleteNode(id: string, options: { evenDegraded?: boolean } = {}): Promise<void> {
    const query = options.evenDegraded ? { even_degraded: true } : {};
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/nodes/${id}`, query });
  }

  changeCluster(id: string, clusterName: string): Promise<AdminNode> {
    const body = { cluster_name: clusterName };
    return this.#one({ method: 'PATCH', path: path`/api/v1/nodes/${id}/change_cluster`, body });
  }

  /** Those for types that only other APIs have too. */
  webhooks(query: ListQuery = {}): List<Webhook> {
    return this.#list('/api/v1/webhooks', { include_native: true, ...query });
  }

  webhook(id: string): Promise<Webhook> {
    return this.#one({ path: path`/api/v1/webhooks/${id}` });
  }

  createWebhook(body: WebhookFields): Promise<Webhook> {
    return this.#one({ method: 'POST', path: '/api/v1/webhooks', body });
  }

  deleteWebhook(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/webhooks/${id}` });
  }

  deliveries(id: string, query: ListQuery = {}): List<Delivery> {
    return this.#list(path`/api/v1/webhooks/${id}/deliveries`, query);
  }

  testWebhook(id: string): Promise<SentTest> {
    return this.#one({ method: 'POST', path: path`/api/v1/webhooks/${id}/test` });
  }

  redeliver(id: string, body: RedeliveryFields): Promise<Redelivery> {
    return this.#one({ method: 'POST', path: path`/api/v1/webhooks/${id}/redeliver`, body });
  }

  pauseWebhook(id: string, body: { readonly reason?: string }): Promise<Webhook> {
    return this.#one({ method: 'POST', path: path`/api/v1/webhooks/${id}/pause`, body });
  }

  resumeWebhook(id: string): Promise<Webhook> {
    return this.#one({ method: 'POST', path: path`/api/v1/webhooks/${id}/resume` });
  }

  /** The events as they come, each a CloudEvent as text, with its place. Ends when the connection does. */
  async *events(
    query: ListQuery,
    options: { readonly after?: string | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<{ readonly id: string; readonly data: string }, void, void> {
    const { body } = await this.#connection.stream({
      path: '/api/v1/events/stream',
      query,
      headers: { accept: 'text/event-stream', ...(options.after !== undefined && { 'last-event-id': options.after }) },
      signal: options.signal,
    });
    if (body === null) return;
    for await (const { id = '', data } of readEventStream(body)) yield { id, data };
  }

  createAlias(nodeId: string, name: string): Promise<Alias> {
    return this.#one({ method: 'POST', path: path`/api/v1/nodes/${nodeId}/aliases`, body: { name } });
  }

  aliases(query: ListQuery = {}): List<Alias> {
    return this.#list('/api/v1/aliases', query);
  }

  alias(id: string): Promise<Alias> {
    return this.#one({ path: path`/api/v1/aliases/${id}` });
  }

  deleteAlias(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/aliases/${id}` });
  }

  sshUsernames(query: ListQuery = {}): List<SshUsername> {
    return this.#list('/api/v1/ssh_usernames', query);
  }

  sshUsername(id: string): Promise<SshUsername> {
    return this.#one({ path: path`/api/v1/ssh_usernames/${id}` });
  }

  createSshUsername(nodeId: string, body: SshUsernameFields): Promise<SshUsername> {
    return this.#one({ method: 'POST', path: path`/api/v1/nodes/${nodeId}/ssh_usernames`, body });
  }

  deleteSshUsername(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/ssh_usernames/${id}` });
  }

  createSshPublicKey(usernameId: string, body: SshPublicKeyFields): Promise<SshPublicKey> {
    return this.#one({ method: 'POST', path: path`/api/v1/ssh_usernames/${usernameId}/ssh_public_keys`, body });
  }

  deleteSshPublicKey(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/ssh_public_keys/${id}` });
  }

  createCommand(body: CommandFields): Promise<Command> {
    return this.#one({ method: 'POST', path: '/api/v1/commands', body });
  }

  commands(query: ListQuery = {}): List<Command> {
    return this.#list('/api/v1/commands', query);
  }

  command(id: string): Promise<Command> {
    return this.#one({ path: path`/api/v1/commands/${id}` });
  }

  deleteCommand(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/commands/${id}` });
  }

  executions(query: ListQuery = {}): List<CommandExecution> {
    return this.#list('/api/v1/command_executions', query);
  }

  async countExecutions(query: ListQuery): Promise<number> {
    const page = { path: '/api/v1/command_executions', query: { ...query, page: 1, page_size: 1 } };
    const { meta } = await this.#connection.json<Page<CommandExecution>>(page);
    return meta.pagination.total_count;
  }

  execution(id: string): Promise<CommandExecution> {
    return this.#one({ path: path`/api/v1/command_executions/${id}` });
  }

  deleteExecution(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/command_executions/${id}` });
  }

  /** Resolves to what the server says it did: cancelled at once, or asked the node. */
  async cancelExecution(id: string): Promise<string> {
    const { result } = await this.#one<Cancellation>({
      method: 'PATCH',
      path: path`/api/v1/command_executions/${id}/cancel`,
    });
    return result;
  }

  createSelfUpdate(body: SelfUpdateFields): Promise<SelfUpdate> {
    return this.#one({ method: 'POST', path: '/api/v1/self_update_requests', body });
  }

  selfUpdates(query: ListQuery = {}): List<SelfUpdate> {
    return this.#list('/api/v1/self_update_requests', query);
  }

  selfUpdate(id: string): Promise<SelfUpdate> {
    return this.#one({ path: path`/api/v1/self_update_requests/${id}` });
  }

  deleteSelfUpdate(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/api/v1/self_update_requests/${id}` });
  }

  nodeMetrics(id: string): Promise<NodeMetrics> {
    return this.#one({ path: path`/api/v1/nodes/${id}/metrics` });
  }

  nodeHostMetrics(id: string): Promise<HostMetrics> {
    return this.#connection.json({ path: path`/api/v1/nodes/${id}/metrics/host` });
  }

  nodeAgentMetrics(id: string): Promise<AgentMetrics> {
    return this.#one({ path: path`/api/v1/nodes/${id}/metrics/agent` });
  }

  me(): Promise<Admin> {
    return this.#one({ path: '/api/v1/admins/me' });
  }

  myAdminCluster(): Promise<AdminTopology> {
    return this.#one({ path: '/api/v1/admins/my_admin_cluster' });
  }

  adminClusters(): Promise<AdminClusters> {
    return this.#one({ path: '/api/v1/admins/admin_clusters' });
  }

  edgeClusters(): Promise<EdgeClusters> {
    return this.#one({ path: '/api/v1/admins/edge_clusters' });
  }

  adminMetrics(): Promise<AdminMetrics> {
    return this.#one({ path: '/api/v1/admins/me/metrics' });
  }

  orphanedClusters(): Promise<OrphanedClusters> {
    return this.#one({ path: '/api/v1/admins/orphaned_clusters' });
  }

  async #one<T>(request: ApiRequest): Promise<T> {
    const { data } = await this.#connection.json<Single<T>>(request);
    return data;
  }

  #list<T>(at: string, query: ListQuery): List<T> {
    return walkPages((page) => this.#connection.json<Page<T>>({ path: at, query: { page_size: 100, ...query, page } }));
  }
}
