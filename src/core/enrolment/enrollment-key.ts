import type { ClusterId, Id, TenantId } from '../kernel/ids.ts';
import type { Secret } from '../kernel/secret.ts';

export type EnrollmentKeyId = Id<'enrollment-key'>;

/** A join secret that is counted, not bound to a moment: Edge Admin's (seed 001). */
export interface EnrollmentKey {
  readonly id: EnrollmentKeyId;
  readonly tenantId: TenantId;
  readonly clusterId: ClusterId;
  readonly clusterName: string;
  readonly name: string | null;
  /** Given to every machine that joins with it anew; a machine that comes back keeps the tags it has. */
  readonly tags: readonly string[];
  /** The blob; its contract shows it again and again. */
  readonly key: Secret;
  /** Null: unlimited. */
  readonly usesRemaining: number | null;
  /** Null: never. */
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
