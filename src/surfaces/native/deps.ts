import type { KeyRing } from '#core/access/key-ring.ts';
import type { AuditKeys } from '#core/audit/audit-keys.ts';
import type { Authorities } from '#core/certificates/authorities.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { ReleaseDeps } from '#core/releases/publish-release.ts';
import { operationsFor } from '#surfaces/http/operation.ts';

export interface NativeDeps {
  readonly releases: ReleaseDeps;
  readonly db: Database;
  readonly authorities: Pick<Authorities, 'all' | 'rotateIntermediate'>;
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly auditKeys: Pick<AuditKeys, 'chainKey'>;
  readonly signIn: readonly SignInIssuer[];
  readonly keyRing: Pick<KeyRing, 'authenticateKey' | 'forget'>;
}

/** An issuer that people sign in at from a command line. */
export interface SignInIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly resource: string | undefined;
}

export const defineOperation = operationsFor<NativeDeps>();
