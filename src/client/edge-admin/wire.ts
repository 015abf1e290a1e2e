/** What passes over the wire of the edge-admin surface: its schemas, as types. */
import type * as Envelope from '#surfaces/edge-admin/envelope.ts';
import type * as Metrics from '#surfaces/edge-admin/metrics-wire.ts';
import type * as Webhooks from '#surfaces/edge-admin/webhooks-wire.ts';
import type * as Schemas from '#surfaces/edge-admin/wire.ts';
import type { Wire } from '../wire-type.ts';

export interface Single<T> {
  readonly data: T;
  readonly meta: Wire<typeof Envelope.Meta>;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly meta: Wire<typeof Envelope.PagedMeta>;
}

export type Cluster = Wire<typeof Schemas.Cluster>;
export type ClusterFields = Wire<typeof Schemas.ClusterCreate>;
export type ClusterChanges = Wire<typeof Schemas.ClusterUpdate>;
export type EnrollmentKey = Wire<typeof Schemas.EnrollmentKey>;
export type EnrollmentKeyFields = Wire<typeof Schemas.EnrollmentKeyCreate>;
export type AdminNode = Wire<typeof Schemas.Node>;
export type Alias = Wire<typeof Schemas.Alias>;
export type Targeting = Wire<typeof Schemas.Targeting>;
export type CommandFields = Wire<typeof Schemas.CommandCreate>;
export type Command = Wire<typeof Schemas.Command>;
export type CommandExecution = Wire<typeof Schemas.CommandExecution>;
export type Cancellation = Wire<typeof Schemas.Cancellation>;
export type Admin = Wire<typeof Schemas.Admin>;
export type AdminTopology = Wire<typeof Schemas.MyAdminCluster>;
export type AdminClusters = Wire<typeof Schemas.AdminClusters>;
export type EdgeClusters = Wire<typeof Schemas.EdgeClusters>;
export type OrphanedClusters = Wire<typeof Schemas.OrphanedClusters>;

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
