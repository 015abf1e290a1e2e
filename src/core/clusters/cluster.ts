import { invalidField } from '../kernel/fleet-error.ts';
import type { ClusterId, NodeId, TenantId } from '../kernel/ids.ts';
import type { PresenceKind } from '../nodes/presence.ts';

/** A named network of nodes; every node is in exactly one. Names and ranges are unique within a tenant. */
export interface Cluster {
  readonly id: ClusterId;
  readonly tenantId: TenantId;
  readonly name: string;
  /** CIDR. */
  readonly ipv4Range: string;
  /** Most nodes it takes; null: as many as come. */
  readonly nodeLimit: number | null;
  readonly isHome: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A cluster with those who are in it. */
export interface PopulatedCluster extends Cluster {
  /** By name, then id. */
  readonly nodes: readonly ClusterNode[];
}

export interface ClusterNode {
  readonly id: NodeId;
  readonly idType: 'persistent' | 'random';
  readonly presence: PresenceKind;
  readonly isHealthy: boolean;
}

export const CLUSTER_NAME_PATTERN = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$';
export const MAX_CLUSTER_NAME_LENGTH = 24;
/** A path of its own in edge-admin's contract (seed 001): no cluster can have it as its name. */
const RESERVED_NAME = 'default';

/** No more than the 24 characters a cluster's name may have (seed 001). Nobody else in the tenant gets this name. */
export function homeClusterName(tenantId: TenantId): string {
  return `home-${tenantId.replaceAll('-', '').slice(-16)}`;
}

const NAME = new RegExp(CLUSTER_NAME_PATTERN);

/** @throws FleetError `invalid`. */
export function checkClusterName(name: string): void {
  if (name === RESERVED_NAME) throw invalidField('name', 'is reserved');
  if (!NAME.test(name)) throw invalidField('name', 'has lower-case letters, digits and dashes, no dash at either end');
  if (name.length > MAX_CLUSTER_NAME_LENGTH) {
    throw invalidField('name', `has at most ${MAX_CLUSTER_NAME_LENGTH} characters`);
  }
}
