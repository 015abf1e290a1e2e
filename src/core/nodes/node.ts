import type { ClusterId, ControllerId, NodeId, TenantId } from '../kernel/ids.ts';
import type { OpenSession, PresenceFacts, PresenceKind } from './presence.ts';

/** A machine. Facts only: the status words of the contracts are computed from them (`presence.ts` and the surfaces). */
export interface Node extends PresenceFacts {
  readonly id: NodeId;
  readonly tenantId: TenantId;
  readonly tenantSlug: string;
  readonly clusterId: ClusterId;
  readonly clusterName: string;
  readonly name: string;
  readonly idType: 'persistent' | 'random';
  readonly machineId: string | null;
  readonly enrolledAt: Date;
  readonly updatedAt: Date;
  readonly revokedAt: Date | null;
  /** Set by operators. */
  readonly tags: readonly string[];
  /** Everything down to `facts` is claimed by the host. */
  readonly os: string;
  readonly arch: string;
  readonly hostname: string;
  readonly version: string;
  readonly localTools: readonly string[];
  readonly invocableTools: readonly string[];
  readonly mounts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly isSelfUpdateEnabled: boolean;
  readonly ports: Readonly<Record<string, number>>;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly session: NodeSession | null;
  readonly sessionClosedAt: Date | null;
  readonly lastSeenAt: Date | null;
  readonly isHealthy: boolean;
  readonly problems: readonly string[];
  readonly freeSlots: number | null;
  readonly overlayHostId: string;
}

export interface NodeSession extends OpenSession {
  readonly controllerId: ControllerId;
  readonly epoch: number;
}

/** As much of a node as lists of members need. */
export interface NodeSummary {
  readonly id: NodeId;
  readonly name: string;
  readonly presence: PresenceKind;
}
