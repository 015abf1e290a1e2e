import type { NodeId, TenantId } from '../kernel/ids.ts';

/** A node of the org-outposts contract (seed 000). Facts; its status words are computed by `statusOf`. */
export interface Outpost {
  readonly id: NodeId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly region: string;
  readonly deploymentEnv: string | null;
  readonly createdAt: Date;
  /** When its node was revoked, by whichever contract. */
  readonly deregisteredAt: Date | null;
  /** When its newest certificate was issued. */
  readonly certIssuedAt: Date | null;
  readonly certExpiresAt: Date | null;
  /** When its last heartbeat came. */
  readonly lastSeenAt: Date | null;
  /** When its session last showed a sign of life, where it runs a daemon. */
  readonly sessionSeenAt: Date | null;
  /** Null before the first heartbeat. */
  readonly telemetry: OutpostTelemetry | null;
}

/** What a heartbeat says. */
export interface OutpostTelemetry {
  readonly version: string;
  readonly policyVersion: string;
  readonly dlpModelVersion: string;
  /** −1: the outpost cannot read its own buffer. */
  readonly pendingAuditEvents: number;
  readonly isTier3Active: boolean;
  readonly uptimeSeconds: number;
  readonly lastSyncAt: Date | null;
}

export type OutpostStatus = 'active' | 'inactive' | 'cert_expired' | 'deregistered';

/** Three heartbeats of 120 s. */
export const INACTIVE_AFTER_MS = 360_000;

type StatusFacts = Pick<Outpost, 'deregisteredAt' | 'certExpiresAt' | 'lastSeenAt' | 'sessionSeenAt' | 'createdAt'>;

/** The first that applies: deregistered, cert_expired, inactive, active. `store.ts` has the same in SQL. */
export function statusOf(outpost: StatusFacts, now: Date, inactiveAfterMs: number): OutpostStatus {
  const { deregisteredAt, certExpiresAt, lastSeenAt, sessionSeenAt, createdAt } = outpost;
  if (deregisteredAt !== null) return 'deregistered';
  if (certExpiresAt !== null && certExpiresAt <= now) return 'cert_expired';
  const signs = [createdAt, lastSeenAt, sessionSeenAt].filter((at) => at !== null);
  const lastSign = Math.max(...signs.map((at) => at.getTime()));
  return now.getTime() - lastSign > inactiveAfterMs ? 'inactive' : 'active';
}
