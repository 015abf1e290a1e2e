/** What passes over the wire of the edge-admin surface: its schemas, as types. */
import type * as Envelope from '#surfaces/edge-admin/envelope.ts';
import type * as Admins from '#surfaces/edge-admin/wire/admins.ts';
import type * as Aliases from '#surfaces/edge-admin/wire/aliases.ts';
import type * as Clusters from '#surfaces/edge-admin/wire/clusters.ts';
import type * as Commands from '#surfaces/edge-admin/wire/commands.ts';
import type * as EnrollmentKeys from '#surfaces/edge-admin/wire/enrollment-keys.ts';
import type * as Executions from '#surfaces/edge-admin/wire/executions.ts';
import type * as Metrics from '#surfaces/edge-admin/wire/metrics.ts';
import type * as Nodes from '#surfaces/edge-admin/wire/nodes.ts';
import type * as SelfUpdates from '#surfaces/edge-admin/wire/self-updates.ts';
import type * as Ssh from '#surfaces/edge-admin/wire/ssh.ts';
import type * as Webhooks from '#surfaces/edge-admin/wire/webhooks.ts';
import type * as Targets from '#surfaces/targeting/wire.ts';
import type { Wire } from '../wire-type.ts';

export interface Single<T> {
  readonly data: T;
  readonly meta: Wire<typeof Envelope.Meta>;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly meta: Wire<typeof Envelope.PagedMeta>;
}

export type Cluster = Wire<typeof Clusters.Cluster>;
export type ClusterFields = Wire<typeof Clusters.ClusterCreate>;
export type ClusterChanges = Wire<typeof Clusters.ClusterUpdate>;
export type EnrollmentKey = Wire<typeof EnrollmentKeys.EnrollmentKey>;
export type EnrollmentKeyFields = Wire<typeof EnrollmentKeys.EnrollmentKeyCreate>;
export type AdminNode = Wire<typeof Nodes.Node>;
export type SelfUpdateFields = Wire<typeof SelfUpdates.SelfUpdateCreate>;
export type SelfUpdate = Wire<typeof SelfUpdates.SelfUpdate>;
export type Alias = Wire<typeof Aliases.Alias>;
export type SshUsername = Wire<typeof Ssh.SshUsername>;
export type SshUsernameFields = Wire<typeof Ssh.SshUsernameCreate>;
export type SshPublicKey = Wire<typeof Ssh.SshPublicKey>;
export type SshPublicKeyFields = Wire<typeof Ssh.SshPublicKeyCreate>;
export type Targeting = Wire<typeof Targets.Targeting>;
export type CommandFields = Wire<typeof Commands.CommandCreate>;
export type Command = Wire<typeof Commands.Command>;
export type CommandExecution = Wire<typeof Executions.CommandExecution>;
export type Cancellation = Wire<typeof Executions.Cancellation>;
export type Admin = Wire<typeof Admins.Admin>;
export type AdminTopology = Wire<typeof Admins.MyAdminCluster>;
export type AdminClusters = Wire<typeof Admins.AdminClusters>;
export type EdgeClusters = Wire<typeof Admins.EdgeClusters>;
export type OrphanedClusters = Wire<typeof Admins.OrphanedClusters>;

export type CapacityFigures = Wire<typeof Metrics.CapacityFigures>;
export type ProcessFigures = Wire<typeof Metrics.ProcessFigures>;
export type HostFigures = Wire<typeof Metrics.HostSections>;
export type AgentFigures = Wire<typeof Metrics.AgentSections>;
export type HostMetrics = Wire<typeof Metrics.HostMetrics>;
export type AgentMetrics = Wire<typeof Metrics.AgentMetrics>;
export type NodeMetrics = Wire<typeof Metrics.UnifiedMetrics>;
export type AdminMetrics = Wire<typeof Metrics.AdminMetrics>;

export type Webhook = Wire<typeof Webhooks.Webhook>;
export type WebhookFields = Wire<typeof Webhooks.WebhookCreate>;
export type Delivery = Wire<typeof Webhooks.Delivery>;
export type RedeliveryFields = Wire<typeof Webhooks.RedeliveryRequest>;
export type Redelivery = Wire<typeof Webhooks.Redelivery>;
export type SentTest = Wire<typeof Webhooks.SentTest>;
