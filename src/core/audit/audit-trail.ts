import type { TenantId } from '../kernel/ids.ts';

/** Who did what, whence, and how it ended. Never a secret. */
export interface AuditEntry {
  readonly tenantId: TenantId;
  readonly subject: string;
  /** Verb of the operation: `host.revoke`. */
  readonly action: string;
  /** Id or name of what it was done to. */
  readonly object: string | undefined;
  readonly address: string | undefined;
  /** `ok` or the code of the error. */
  readonly outcome: string;
  readonly requestId: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** What the doors ask of the audit log. What has been taken on is written or told of. */
export interface AuditTrail {
  /** False while so much waits to be written that nothing more may be taken on: then nothing may be changed either. */
  readonly hasRoom: boolean;
  /**
   * Resolves when the entry is on the disk, or when the database did not take it: then it waits and is tried again, and
   * whoever answers need not wait with it. Never rejects.
   */
  record(entry: AuditEntry): Promise<void>;
}
