import type { Principal } from '../kernel/context.ts';
import type { Id } from '../kernel/ids.ts';

export type ConsoleSessionId = Id<'console-session'>;

/** What a session has its rights from. */
export type SessionStanding =
  /** A key, by the hash of it: revoked, it opens nothing through its sessions either. */
  | { readonly kind: 'key'; readonly hash: Buffer }
  /** A person whom an issuer has named, as it did then: an issuer is not asked again, so such a session only lives for its time. */
  | { readonly kind: 'person'; readonly person: Person };

export interface Person {
  readonly kind: 'user' | 'service';
  readonly scopes: readonly string[];
}

/** A session as its owner sees it: never its secret. */
export interface ConsoleSession {
  readonly id: ConsoleSessionId;
  readonly subject: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** Twelve hours, and an hour without use. */
export const LONGEST_SESSION_MS = 12 * 3_600_000;
export const LONGEST_IDLE_MS = 3_600_000;

/** A link is for a browser that is opened at once. */
export const LINK_MS = 60_000;

export const SESSION_PREFIX = 'gcs_';
export const LINK_PREFIX = 'gcl_';

/** A session never is the master key: it has its rights in the tenant of the installation, and founds nothing. */
export function inSession(principal: Principal): Principal {
  return { ...principal, isMaster: false };
}
