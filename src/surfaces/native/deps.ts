import type { KeyRing } from '#core/access/key-ring.ts';
import type { Database } from '#core/kernel/sql.ts';

export interface NativeDeps {
  readonly db: Database;
  readonly keyRing: Pick<KeyRing, 'authenticateKey' | 'forget'>;
}
