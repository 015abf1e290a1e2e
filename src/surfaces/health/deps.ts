import type { KeyRing } from '#core/access/key-ring.ts';
import { operationsFor } from '#surfaces/http/operation.ts';

export interface HealthDeps {
  readonly keyRing: Pick<KeyRing, 'authenticateKey'>;
  /** What must work for requests to be served; rejects with a reason for people. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  readonly collectMetrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Longest a check may take. Default 5,000 ms. */
  readonly checkTimeoutMs?: number;
}

export const defineOperation = operationsFor<HealthDeps>();
