import type { Id, KeyId, TenantId } from '../kernel/ids.ts';
import type { HolderKind } from './key.ts';

export type ConsoleSessionId = Id<'console session'>;

/** A browser that is signed in, with the rights of a key. */
export interface ConsoleSession {
  readonly id: ConsoleSessionId;
  readonly tenantId: TenantId;
  /** Null: a key of the configuration, which has no row. */
  readonly keyId: KeyId | null;
  readonly keyKind: HolderKind;
  readonly subject: string;
  readonly name: string;
  /** Null: all of them. */
  readonly scopes: readonly string[] | null;
  readonly isMaster: boolean;
  readonly address: string | null;
  readonly browser: string | null;
  readonly createdAt: Date;
  readonly usedAt: Date;
  readonly endsAt: Date;
}

/** A link is meant for the browser beside the command line that asked for it. */
export const LINK_MS = 60_000;
/** A session ends after this, however it is used, */
export const SESSION_MS = 12 * 3_600_000;
/** and after this without use. */
export const UNUSED_MS = 3_600_000;
